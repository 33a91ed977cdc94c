using Mlp.Runtime.Hosting;
using Mlp.Runtime.Inference;
using Mlp.TestSupport;

namespace Mlp.Integration.Tests.Documentation;

/// <summary>What the README shows compiles, runs, and is what it shows.</summary>
public sealed class ReadmeTests
{
    private const string Start = "// <example>";
    private const string End = "// </example>";

    [Fact]
    public void Example_Text_IsTheCodeBlockOfTheReadme() => Assert.Equal(ExampleText(), Readme.Example);

    [Fact]
    public async Task Example_OnSmallData_RunsFromEventsToLiveQuality()
    {
        using var data = new TempDirectory();
        var start = new DateTimeOffset(2025, 3, 1, 0, 0, 0, TimeSpan.Zero);
        var random = new Random(7);
        var (history, trips) = (new List<CompanyStats>(), new List<PastTrip>());
        var known = new Dictionary<string, (int Trips, int BigTips)> { ["Flash Cab"] = default, ["Stingy Cab"] = default };
        for (var hour = 0; hour < 600; hour++)
        {
            var company = random.Next(2) == 0 ? "Flash Cab" : "Stingy Cab";
            var isBigTip = random.NextDouble() < (company == "Flash Cab" ? 0.9 : 0.1);
            trips.Add(new PastTrip(company, start.AddHours(hour), random.NextSingle() * 5, 5 + (random.NextSingle() * 20), isBigTip));
            var seen = known[company] = (known[company].Trips + 1, known[company].BigTips + (isBigTip ? 1 : 0));
            history.Add(new CompanyStats(company, start.AddHours(hour).AddMinutes(20), seen.Trips, (float)seen.BigTips / seen.Trips));
        }

        var (prediction, quality) = await ReadmeExample.RunAsync(data.FullName, history, trips, start.AddHours(601));

        var live = Assert.Single(quality);
        Assert.Equal(1, prediction.ModelVersion);
        Assert.InRange(prediction.Score, 0.7, 1);
        Assert.Equal((1, 1, 1), (live.Version, live.PredictionCount, live.LabelledCount));
        Assert.Equal(1, live.BinaryClassification!.Accuracy);

        // Again over the same directory: the history is there, and the alias moves on.
        var (_, both) = await ReadmeExample.RunAsync(data.FullName, history, trips, start.AddHours(602));

        Assert.Equal(2, both.Sum(r => r.PredictionCount));
        await using var ml = MlPlatform.CreateBuilder().UseDataDirectory(data.FullName).AsReader().Build();
        await ml.StartAsync();
        var champion = ml.Registry.FindAlias("big-tipper", "champion")!;
        Assert.Equal((2, 2L, 1), (champion.Version, champion.Revision, champion.PreviousVersion));
    }

    /// <summary>The regions of the example, each without its indentation.</summary>
    private static string ExampleText()
    {
        var source = File.ReadAllText(Path.Combine(Repository.Root, "tests", "Mlp.Integration.Tests", "Documentation", "ReadmeExample.cs")).ReplaceLineEndings("\n");
        var regions = source.Split(Start)[1..].Select(part => part.Split(End)[0].Split('\n')[1..^1]).Select(lines => string.Join('\n', lines.Select(line => Dedent(line, lines))));
        return string.Join('\n', regions).Trim();
    }

    private static string Dedent(string line, string[] region)
    {
        var indentation = region.First(l => l.Length > 0).TakeWhile(c => c == ' ').Count();
        return line.Length == 0 ? line : line[indentation..];
    }
}
