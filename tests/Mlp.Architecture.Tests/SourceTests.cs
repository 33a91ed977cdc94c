using System.Text.RegularExpressions;
using Mlp.TestSupport;

namespace Mlp.Architecture.Tests;

/// <summary>Conventions of the source that a compiler does not check.</summary>
public sealed partial class SourceTests
{
    public static TheoryData<string> Sources => [.. In("src")];

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

    [Fact]
    public void Source_Usings_StandInOrder()
        => Assert.DoesNotContain(In("src", "tests", "benchmarks", "samples"), f =>
        {
            var places = Using().Matches(Read(f)).Select(Place).ToArray();
            return !places.SequenceEqual(places.Order(StringComparer.Ordinal));
        });

    [Fact]
    public void Source_OwnMembers_AreNotQualified()
        => Assert.DoesNotContain(In("src", "tests", "benchmarks", "samples"), f => Qualified().IsMatch(Read(f)));

    /// <summary>Global ones first, then namespaces, static ones and aliases; System's namespaces before others; by name.</summary>
    private static string Place(Match @using)
    {
        var name = @using.Groups["name"].Value;
        var kind = @using.Groups["alias"].Success ? 2 : @using.Groups["static"].Success ? 1 : 0;
        var isOther = kind == 2 || !$"{name}.".StartsWith("System.", StringComparison.Ordinal);
        return $"{(@using.Groups["global"].Success ? 0 : 1)} {kind} {(isOther ? 1 : 0)} {name.ToUpperInvariant()}";
    }

    private static IEnumerable<string> In(params string[] folders)
        => folders.SelectMany(folder => Directory.GetFiles(Path.Combine(Repository.Root, folder), "*.cs", SearchOption.AllDirectories))
            .Select(f => Path.GetRelativePath(Repository.Root, f).Replace('\\', '/'))
            .Where(f => !f.Contains("/obj/", StringComparison.Ordinal) && !f.Contains("/bin/", StringComparison.Ordinal));

    private static string Read(string file) => File.ReadAllText(Path.Combine(Repository.Root, file));

    [GeneratedRegex(@"\bunsafe\b(?!-|\s*\w*\s*(code|context))|\[(LibraryImport|DllImport)\(", RegexOptions.CultureInvariant)]
    private static partial Regex Unsafe();

    [GeneratedRegex(@"\bDateTime(Offset)?\.(Utc)?Now\b|\bRandom\.Shared\b|\bThread\.Sleep\(|\basync void\b", RegexOptions.CultureInvariant)]
    private static partial Regex AmbientState();

    [GeneratedRegex(@"^(?<global>global )?using (?<static>static )?((?<alias>(?<name>\w+)) = .+|(?<name>[\w.]+));\r?$", RegexOptions.CultureInvariant | RegexOptions.Multiline)]
    private static partial Regex Using();

    // A method of the same object may be an extension, which needs the qualification.
    [GeneratedRegex(@"\bthis\.\w+\b(?!\s*[(<])", RegexOptions.CultureInvariant)]
    private static partial Regex Qualified();

    [GeneratedRegex(@"^namespace ([\w.]+);", RegexOptions.CultureInvariant | RegexOptions.Multiline)]
    private static partial Regex Namespace();
}
