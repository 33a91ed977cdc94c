using System.Text.RegularExpressions;
using Mlp.TestSupport;

namespace Mlp.Architecture.Tests;

/// <summary>The instruments and spans of the libraries, read from their source, against the page that lists them.</summary>
public sealed partial class TelemetryTests
{
    private static readonly Dictionary<string, string> Kinds = new(StringComparer.Ordinal)
    {
        ["Counter"] = "counter",
        ["ObservableCounter"] = "counter",
        ["UpDownCounter"] = "up-down counter",
        ["ObservableUpDownCounter"] = "up-down counter",
        ["Histogram"] = "histogram",
        ["Gauge"] = "gauge",
        ["ObservableGauge"] = "gauge",
    };

    private static readonly string Page = File.ReadAllText(Path.Combine(Repository.Root, "docs", "telemetry.md"));

    [Fact]
    public void Instruments_OfTheLibraries_FollowOneScheme()
    {
        var names = ReadInstruments().Select(i => i.Name).ToList();

        Assert.Equal(SourceFiles().Sum(f => AnyCreation().Count(File.ReadAllText(f))), names.Count);
        Assert.Equal(names.Count, names.Distinct(StringComparer.Ordinal).Count());
        Assert.All(names, name => Assert.Matches(InstrumentName(), name));
        Assert.All(names, name => Assert.DoesNotContain(names, other => other.StartsWith(name + ".", StringComparison.Ordinal)));
    }

    [Fact]
    public void Instruments_OfTheLibraries_StandOnThePageWithKindAndUnit()
        => Assert.Equal([], ReadInstruments().Select(i => $"| `{i.Name}` | {Kinds[i.Kind]} | {i.Unit} |").Where(row => !Page.Contains(row, StringComparison.Ordinal)));

    [Fact]
    public void Page_EveryInstrumentOnIt_Exists()
        => Assert.Equal([], InstrumentRow().Matches(Page).Select(m => m.Groups[1].Value).Except(ReadInstruments().Select(i => i.Name), StringComparer.Ordinal));

    [Fact]
    public void Spans_OfTheLibraries_StandOnThePage()
    {
        var names = SourceFiles().Where(f => f.EndsWith("Spans.cs", StringComparison.Ordinal)).SelectMany(f => Constant().Matches(File.ReadAllText(f))).Select(m => m.Groups[2].Value).ToList();

        Assert.NotEmpty(names);
        Assert.All(names, name => Assert.StartsWith("mlp.", name, StringComparison.Ordinal));
        Assert.Equal([], names.Where(n => !Page.Contains($"| `{n}` |", StringComparison.Ordinal)));
    }

    [Fact]
    public void MetersAndSources_OfALibrary_AreCalledLikeIt()
    {
        var found = 0;
        foreach (var file in SourceFiles())
        {
            var text = File.ReadAllText(file);
            foreach (var argument in MeterOrSource().Matches(text).Select(m => m.Groups[1].Value))
            {
                found++;
                var name = argument.StartsWith('"') ? argument.Trim('"') : Constant().Matches(text).Single(m => m.Groups[1].Value == argument).Groups[2].Value;
                Assert.Equal(Path.GetRelativePath(Path.Combine(Repository.Root, "src"), file).Split(Path.DirectorySeparatorChar)[0], name);
            }
        }

        Assert.True(found >= 4, $"Expected the meters of three libraries and a source, but found {found}.");
    }

    private static List<(string Kind, string Name, string Unit)> ReadInstruments()
        => [.. SourceFiles().SelectMany(f => Creation().Matches(File.ReadAllText(f))).Select(m => (m.Groups["kind"].Value, m.Groups["name"].Value, m.Groups["unit"].Value))];

    private static IEnumerable<string> SourceFiles()
        => Directory.GetFiles(Path.Combine(Repository.Root, "src"), "*.cs", SearchOption.AllDirectories)
            .Where(f => !f.Contains($"{Path.DirectorySeparatorChar}obj{Path.DirectorySeparatorChar}", StringComparison.Ordinal));

    /// <summary>An instrument of <c>System.Diagnostics.Metrics</c>: its unit is the first text behind the name.</summary>
    [GeneratedRegex("""\.Create(?<kind>(Observable)?(UpDown)?(Counter|Histogram|Gauge))(<\w+>)?\(\s*"(?<name>[^"]+)",[^"]*"(?<unit>[^"]*)",""", RegexOptions.CultureInvariant)]
    private static partial Regex Creation();

    [GeneratedRegex(@"\.Create(Observable)?(UpDown)?(Counter|Histogram|Gauge)\b", RegexOptions.CultureInvariant)]
    private static partial Regex AnyCreation();

    [GeneratedRegex("""\b(?:Meter|ActivitySource)\b[^=;{]*(?:\{[^}]*\})?\s*=\s*new\((\w+|"[^"]+")\)""", RegexOptions.CultureInvariant)]
    private static partial Regex MeterOrSource();

    [GeneratedRegex("""const string (\w+) = "([^"]+)";""", RegexOptions.CultureInvariant)]
    private static partial Regex Constant();

    [GeneratedRegex(@"^mlp\.[a-z]+(_[a-z]+)*(\.[a-z]+(_[a-z]+)*)+$", RegexOptions.CultureInvariant)]
    private static partial Regex InstrumentName();

    [GeneratedRegex(@"^\| `(mlp\.[a-z_.]+)` \| (?:counter|up-down counter|histogram|gauge) \|", RegexOptions.CultureInvariant | RegexOptions.Multiline)]
    private static partial Regex InstrumentRow();
}
