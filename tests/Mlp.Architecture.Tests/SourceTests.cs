using System.Text.RegularExpressions;

namespace Mlp.Architecture.Tests;

/// <summary>Conventions of the source that a compiler does not check.</summary>
public sealed partial class SourceTests
{
    public static TheoryData<string> Sources
        => [.. Directory.GetFiles(Path.Combine(Repository.Root, "src"), "*.cs", SearchOption.AllDirectories)
            .Select(f => Path.GetRelativePath(Repository.Root, f).Replace('\\', '/'))
            .Where(f => !f.Contains("/obj/", StringComparison.Ordinal) && !f.Contains("/bin/", StringComparison.Ordinal))];

    [Theory]
    [MemberData(nameof(Sources))]
    public void Source_UnsafeCodeAndImports_LiveInInteropOnly(string file)
    {
        if (!file.Contains("/Interop/", StringComparison.Ordinal))
        {
            Assert.DoesNotMatch(Unsafe(), Read(file));
        }
    }

    [Theory]
    [MemberData(nameof(Sources))]
    public void Source_ClockAndRandomness_AreInjected(string file)
        => Assert.DoesNotMatch(AmbientState(), Read(file));

    [Theory]
    [MemberData(nameof(Sources))]
    public void Source_NamespaceIsFolder_ExceptForExtensionsOfTheBuilders(string file)
    {
        var declared = Namespace().Match(Read(file)).Groups[1].Value;
        var expected = string.Join('.', file.Split('/')[1..^1]);

        // What an application adds by name sits where it is found without a using: beside the service collection, the platform's builder, and a model's options.
        if (declared.Length > 0 && declared != "Microsoft.Extensions.DependencyInjection" && !(declared is "Mlp.Runtime.Hosting" or "Mlp.Runtime.Inference" && file.EndsWith("Extensions.cs", StringComparison.Ordinal)))
        {
            Assert.Equal(expected, declared);
        }
    }

    private static string Read(string file) => File.ReadAllText(Path.Combine(Repository.Root, file));

    [GeneratedRegex(@"\bunsafe\b(?!-|\s*\w*\s*(code|context))|\[(LibraryImport|DllImport)\(", RegexOptions.CultureInvariant)]
    private static partial Regex Unsafe();

    [GeneratedRegex(@"\bDateTime(Offset)?\.(Utc)?Now\b|\bRandom\.Shared\b|\bThread\.Sleep\(|\basync void\b", RegexOptions.CultureInvariant)]
    private static partial Regex AmbientState();

    [GeneratedRegex(@"^namespace ([\w.]+);", RegexOptions.CultureInvariant | RegexOptions.Multiline)]
    private static partial Regex Namespace();
}
