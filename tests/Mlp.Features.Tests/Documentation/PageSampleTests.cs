using System.Text.RegularExpressions;

namespace Mlp.Features.Tests.Documentation;

/// <summary>What the pages on the feature store show compiles: every region of <see cref="PageSamples"/> is a code block of its page.</summary>
public sealed partial class PageSampleTests
{
    private static readonly string Root = FindRoot();

    private static readonly ILookup<string, string> Regions = Region()
        .Matches(File.ReadAllText(Path.Combine(Root, "tests", "Mlp.Features.Tests", "Documentation", "PageSamples.cs")).ReplaceLineEndings("\n"))
        .ToLookup(m => m.Groups["page"].Value, m => Dedent(m.Groups["code"].Value));

    [Theory]
    [InlineData("features.md")]
    [InlineData("online-store.md")]
    public void Page_CodeBlocks_ContainThoseThatCompile(string page)
    {
        var blocks = Block().Matches(File.ReadAllText(Path.Combine(Root, "docs", page)).ReplaceLineEndings("\n")).Select(m => m.Groups[1].Value).ToHashSet(StringComparer.Ordinal);

        Assert.NotEmpty(Regions[page]);
        Assert.All(Regions[page], region => Assert.Contains(region, blocks));
    }

    private static string FindRoot()
    {
        var directory = new DirectoryInfo(AppContext.BaseDirectory);
        while (!File.Exists(Path.Combine(directory.FullName, "Mlp.sln")))
        {
            directory = directory.Parent!;
        }

        return directory.FullName;
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
