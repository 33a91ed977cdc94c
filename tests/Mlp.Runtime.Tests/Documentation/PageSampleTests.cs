using System.Text.RegularExpressions;

namespace Mlp.Runtime.Tests.Documentation;

/// <summary>What the pages on the runtime show compiles: every code block of C# is a region of <see cref="PageSamples"/>.</summary>
public sealed partial class PageSampleTests
{
    private static readonly string Root = ImportTests.FindRoot();

    private static readonly ILookup<string, string> Regions = Region()
        .Matches(File.ReadAllText(Path.Combine(Root, "tests", "Mlp.Runtime.Tests", "Documentation", "PageSamples.cs")).ReplaceLineEndings("\n"))
        .ToLookup(m => m.Groups["page"].Value, m => Dedent(m.Groups["code"].Value));

    /// <summary>import.md has an example that also runs; the block of telemetry.md needs a package of OpenTelemetry.</summary>
    public static TheoryData<string> Pages { get; } =
        ["accelerators.md", "batching.md", "concepts.md", "inference.md", "kernels.md", "model-registry.md", "routing.md", "scoring.md", "versions.md"];

    [Theory]
    [MemberData(nameof(Pages))]
    public void Page_CodeBlocks_AreThoseThatCompile(string page)
    {
        var blocks = Block().Matches(File.ReadAllText(Path.Combine(Root, "docs", page)).ReplaceLineEndings("\n")).Select(m => m.Groups[1].Value).ToList();

        Assert.NotEmpty(blocks);
        Assert.Equal(blocks.Order(StringComparer.Ordinal), Regions[page].Order(StringComparer.Ordinal));
    }

    private static string Dedent(string code)
    {
        var lines = code.Split('\n');
        var indentation = lines[0].TakeWhile(c => c == ' ').Count();
        return string.Join('\n', lines.Select(line => line.Length == 0 ? line : line[indentation..])) + "\n";
    }

    [GeneratedRegex("```csharp\n(.*?)```", RegexOptions.Singleline)]
    private static partial Regex Block();

    [GeneratedRegex("// <sample page=\"(?<page>[^\"]+)\">\n(?<code>.*?)\n *// </sample>", RegexOptions.Singleline)]
    private static partial Regex Region();
}
