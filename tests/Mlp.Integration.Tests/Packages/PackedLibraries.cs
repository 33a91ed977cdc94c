using System.Text.RegularExpressions;
using Mlp.TestSupport;

namespace Mlp.Integration.Tests.Packages;

/// <summary>The four libraries packed into a local folder under a version of their own, and applications outside the tree that restore them.</summary>
public sealed partial class PackedLibraries : IAsyncLifetime, IDisposable
{
    private static readonly string[] Libraries = ["Mlp.Runtime", "Mlp.Features", "Mlp.Training", "Mlp.Monitoring"];

    /// <summary>Child builds must not see the settings of the build that runs the tests.</summary>
    private static readonly Dictionary<string, string?> CleanEnvironment = new()
    {
        ["MSBUILDDISABLENODEREUSE"] = "1",
        ["DOTNET_CLI_TELEMETRY_OPTOUT"] = "1",
        ["MSBuildSDKsPath"] = null,
        ["MSBUILD_EXE_PATH"] = null,
        ["MSBuildExtensionsPath"] = null,
        ["MlpAccelerator"] = null,
    };

    private readonly TempDirectory _temp = new();

    public string Version { get; } = $"0.1.0-test.{Environment.ProcessId}.{Guid.NewGuid():N}"[..40];

    public async Task InitializeAsync()
    {
        // What `dotnet pack --no-build` does with each of them, by one start.
        var project = _temp.Combine("pack.proj");
        await File.WriteAllTextAsync(project, $"""
            <Project DefaultTargets="Pack">
              <Target Name="Pack">
                <MSBuild Projects="{string.Join(';', Libraries.Select(l => Path.Combine(Repository.Root, "src", l, $"{l}.csproj")))}" Targets="Pack"
                         Properties="_IsPacking=true;NoBuild=true;Configuration={Repository.Configuration};PackageVersion={Version};PackageOutputPath={_temp.Combine("feed")}" />
              </Target>
            </Project>
            """);
        var packed = await CommandLine.RunAsync(Repository.Root, CleanEnvironment, "dotnet", "msbuild", project, "-v:q");
        Assert.True(packed.ExitCode == 0, packed.Output);
    }

    public Task DisposeAsync()
    {
        foreach (var library in Libraries)
        {
            var cached = Path.Combine(PackageCache(), library.ToLowerInvariant(), Version.ToLowerInvariant());
            if (Directory.Exists(cached))
            {
                Directory.Delete(cached, recursive: true);
            }
        }

        return Task.CompletedTask;
    }

    public void Dispose() => _temp.Dispose();

    /// <summary>The packed file of a library.</summary>
    public string PackageFile(string library, string extension = "nupkg") => _temp.Combine("feed", $"{library}.{Version}.{extension}");

    /// <summary>Builds an application outside the tree with exactly the given packages, and runs it.</summary>
    public async Task<CommandResult> RunApplicationAsync(string name, string program, IEnumerable<string> packages, params (string Name, byte[] Content)[] files)
    {
        var folder = _temp.Combine(name);
        Directory.CreateDirectory(folder);
        await File.WriteAllTextAsync(Path.Combine(folder, "Program.cs"), program);
        await File.WriteAllTextAsync(Path.Combine(folder, "NuGet.config"), $"""
            <configuration>
              <packageSources><add key="packed" value="{_temp.Combine("feed")}" /></packageSources>
            </configuration>
            """);
        var references = packages.Select(p => $"""<PackageReference Include="{p}" Version="{VersionOf(p)}" />""");
        await File.WriteAllTextAsync(Path.Combine(folder, "Application.csproj"), $"""
            <Project Sdk="Microsoft.NET.Sdk">
              <PropertyGroup>
                <OutputType>Exe</OutputType>
                <TargetFramework>net10.0</TargetFramework>
                <ImplicitUsings>enable</ImplicitUsings>
                <Nullable>enable</Nullable>
                <TreatWarningsAsErrors>true</TreatWarningsAsErrors>
              </PropertyGroup>
              <ItemGroup>
                {string.Join(Environment.NewLine, references)}
              </ItemGroup>
            </Project>
            """);
        foreach (var (file, content) in files)
        {
            await File.WriteAllBytesAsync(Path.Combine(folder, file), content);
        }

        var built = await CommandLine.RunAsync(folder, CleanEnvironment, "dotnet", "build", "-c", "Release", "-v", "q", "-o", Path.Combine(folder, "out"));
        return built.ExitCode != 0
            ? built
            : await CommandLine.RunAsync(folder, CleanEnvironment, "dotnet", Path.Combine(folder, "out", "Application.dll"));
    }

    private static string PackageCache()
        => Environment.GetEnvironmentVariable("NUGET_PACKAGES")
            ?? Path.Combine(Environment.GetFolderPath(Environment.SpecialFolder.UserProfile), ".nuget", "packages");

    [GeneratedRegex("""<(\w+Version)>([^<]+)</""")]
    private static partial Regex VersionProperty();

    private string VersionOf(string package)
    {
        if (Libraries.Contains(package))
        {
            return Version;
        }

        var props = File.ReadAllText(Path.Combine(Repository.Root, "Directory.Packages.props"));
        var declared = Regex.Match(props, $"""Include="{Regex.Escape(package)}" Version="([^"]+)" """.TrimEnd());
        Assert.True(declared.Success, $"Expected a version of '{package}' in Directory.Packages.props.");
        return VersionProperty().Matches(props).Aggregate(declared.Groups[1].Value, (v, p) => v.Replace($"$({p.Groups[1].Value})", p.Groups[2].Value, StringComparison.Ordinal));
    }
}
