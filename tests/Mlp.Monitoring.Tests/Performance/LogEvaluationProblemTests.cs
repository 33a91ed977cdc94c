using Microsoft.Extensions.Logging.Abstractions;
using Microsoft.Extensions.Time.Testing;
using Mlp.Monitoring.Labels;
using Mlp.Monitoring.Performance;
using Mlp.Monitoring.PredictionLog;
using Mlp.Monitoring.Redaction;
using Mlp.Monitoring.Tests.PredictionLog;
using Mlp.Runtime.Data;
using Mlp.Runtime.Models;
using Mlp.Runtime.Predictions;
using Mlp.Runtime.Statistics;
using Mlp.Runtime.Storage;

namespace Mlp.Monitoring.Tests.Performance;

/// <summary>What an evaluation says when there is little to judge, or nothing.</summary>
public sealed class LogEvaluationProblemTests : LogEvaluationFixture
{
    [Fact]
    public async Task EvaluateAsync_NothingToJudge_SaysWhy()
    {
        var sink = Log.Writer.Attach(TestModels.Serve(Layout))!;
        Record(sink, 0, 0.5, Noon);
        await Log.FlushAsync();

        var noData = Assert.Single(await Performance.EvaluateAsync("tips", new EvaluationOptions { From = Noon.AddDays(2), To = Noon.AddDays(3) }, default));
        var noLabel = Assert.Single(await Performance.EvaluateAsync("tips", new EvaluationOptions(), default));
        var tooYoung = Assert.Single(await Performance.EvaluateAsync("tips", new EvaluationOptions { Maturity = TimeSpan.FromDays(7) }, default));

        Assert.StartsWith("Expected predictions in the window, but found none (model 'tips' version 1, from 2026-03-03", noData.Problem, StringComparison.Ordinal);
        Assert.Equal("Expected labels of the window's 1 answered predictions, but found none (model 'tips' version 1).", noLabel.Problem);
        Assert.Equal("Expected matured predictions in the window, but found 1 that are all younger than the maturity (model 'tips' version 1).", tooYoung.Problem);
        Assert.Null(noData.BinaryClassification);
    }

    [Fact]
    public async Task EvaluateAsync_ImmaturePredictions_AreCountedInVariantsAndSlicesToo()
    {
        var champion = Log.Writer.Attach(TestModels.Serve(Layout))!;
        var canary = Log.Writer.Attach(TestModels.Serve(Layout, variant: "canary"))!;
        for (var i = 0; i < 30; i++)
        {
            Record(champion, i, 0.5, Noon.AddHours(i < 10 ? 0 : 23), area: i % 2);
        }

        Record(canary, 30, 0.5, Noon.AddHours(23), area: 1);
        await Log.FlushAsync();
        var options = new EvaluationOptions { ByVariant = true, Maturity = TimeSpan.FromHours(2), Bootstrap = false };
        options.Slices.Add(SliceDefinition.Key("area"));

        var results = (await Performance.EvaluateAsync("tips", options, default)).ToDictionary(r => r.Slice ?? r.Variant ?? "all");

        Assert.Equal(
            new Dictionary<string, (long, long)> { ["all"] = (10, 21), ["champion"] = (10, 20), ["canary"] = (0, 1), ["area=0"] = (5, 10), ["area=1"] = (5, 11) },
            results.ToDictionary(r => r.Key, r => (r.Value.PredictionCount, r.Value.ImmatureCount)));
        Assert.StartsWith("Expected matured predictions in the window, but found 1 that are all younger", results["canary"].Problem, StringComparison.Ordinal);
    }

    [Fact]
    public async Task EvaluateAsync_ScoresThatAreNoneAndASingleClass_AreProblems()
    {
        var sink = Log.Writer.Attach(TestModels.Serve(Layout))!;
        for (var i = 0; i < 10; i++)
        {
            Record(sink, i, i < 2 ? double.NaN : 0.1 * i, Noon.AddHours(i < 1 ? 0 : 2));
        }

        await Log.FlushAsync();
        await LabelAsync(Enumerable.Range(0, 10).Select(i => (i, 1.0)));
        var options = new EvaluationOptions { From = Noon, Window = TimeSpan.FromHours(1), Bootstrap = false };

        var results = await Performance.EvaluateAsync("tips", options, default);
        var remembered = Assert.Single(await Performance.EvaluateAsync("tips", null, null, null, default));

        Assert.Null(results[0].BinaryClassification);
        Assert.StartsWith(
            "Expected numbers for scores and sampling weights above 0, but found others in 1 of 1 labelled predictions, which are left out (model 'tips' version 1, from ", results[0].Problem, StringComparison.Ordinal);
        Assert.StartsWith("Expected numbers for scores and sampling weights above 0, but found others in 1 of 9 labelled predictions", results[1].Problem, StringComparison.Ordinal);
        Assert.Contains(" Expected labels of both classes, but found 8 usable labels that are all 1: no area can be computed (model", results[1].Problem, StringComparison.Ordinal);
        Assert.Contains("found 8 usable labels that are all 1", remembered.Problem, StringComparison.Ordinal);
        await LabelAsync([(9, 0)], Noon.AddHours(1));
        Assert.DoesNotContain("both classes", (await Performance.EvaluateAsync("tips", options, default))[1].Problem, StringComparison.Ordinal);
    }

    [Fact]
    public async Task EvaluateAsync_ClassScoresThatDoNotAddUpToOne_HaveALossWithinItsInterval()
    {
        var sink = Log.Writer.Attach(TestModels.Serve(Layout, outputs: 3, task: ModelTask.MulticlassClassification))!;
        var random = new Random(5);
        for (var i = 0; i < 60; i++)
        {
            Record(sink, i, [random.NextDouble(), random.NextDouble(), random.NextDouble()], Noon.AddSeconds(i));
        }

        await Log.FlushAsync();
        await LabelAsync(Enumerable.Range(0, 60).Select(i => (i, i % 3.0)));

        var result = Assert.Single(await Performance.EvaluateAsync("tips", new EvaluationOptions { Bootstrap = false }, default));

        var (loss, interval) = (result.Multiclass!.LogLoss, result.Intervals[FigureNames.LogLoss]);
        Assert.Equal(loss, (interval.Lower + interval.Upper) / 2, 1e-9);
    }

    [Fact]
    public async Task Serialize_ResultsWithoutNumbers_IsJson()
    {
        var sink = Log.Writer.Attach(TestModels.Serve(Layout))!;
        Record(sink, 0, 0.5, Noon);
        await Log.FlushAsync();
        var empty = Assert.Single(await Performance.EvaluateAsync("tips", new EvaluationOptions { From = Noon.AddDays(2) }, default));
        await LabelAsync([(0, 1)]);
        var oneClass = Assert.Single(await Performance.EvaluateAsync("tips", new EvaluationOptions(), default));
        var web = new System.Text.Json.JsonSerializerOptions(System.Text.Json.JsonSerializerDefaults.Web);
        var estimator = Runtime.Statistics.Estimation.PerformanceEstimator.Fit([0.2, 0.7, 0.9], [0, 1, 1], 5);

        Assert.Contains("\"labelMaturity\":\"NaN\"", System.Text.Json.JsonSerializer.Serialize(empty, web), StringComparison.Ordinal);
        Assert.Contains("\"auc\":\"NaN\"", System.Text.Json.JsonSerializer.Serialize(oneClass, web), StringComparison.Ordinal);
        Assert.Contains("\"lowerThreshold\":\"NaN\"", System.Text.Json.JsonSerializer.Serialize(estimator.Estimate([0.4]), web), StringComparison.Ordinal);
        Assert.Equal(double.NaN, System.Text.Json.JsonSerializer.Deserialize<PerformanceResult>(System.Text.Json.JsonSerializer.Serialize(oneClass, web), web)!.BinaryClassification!.Auc);
        foreach (var figure in FigureValues.Of(empty, Noon))
        {
            Assert.Contains("NaN", System.Text.Json.JsonSerializer.Serialize(figure, web), StringComparison.Ordinal);
        }
    }

    [Fact]
    public async Task EvaluateAsync_OptionsOutsideTheirRange_AreRefusedByASentence()
    {
        (EvaluationOptions Options, string Start)[] wrong =
        [
            (new() { Window = TimeSpan.Zero }, "Expected Window to be a span above 0, but found 00:00:00."),
            (new() { Slide = TimeSpan.FromHours(1) }, "Expected Slide to be a span above 0 beside a window"),
            (new() { Maturity = TimeSpan.FromHours(-1) }, "Expected Maturity"),
            (new() { Maturity = TimeSpan.MaxValue }, "Expected Maturity to be a span of 0 to 36500 days"),
            (new() { Slices = { null! } }, "Expected Slices to be definitions, but found null."),
            (new() { MaximumSliceCount = 0 }, "Expected MaximumSliceCount to be 1 to 10000, but found 0."),
            (new() { RankingCutoff = 0 }, "Expected RankingCutoff"),
            (new() { From = Noon, To = Noon }, "Expected To to be a time behind the first one"),
        ];
        foreach (var (options, start) in wrong)
        {
            var e = await Assert.ThrowsAsync<ArgumentException>(() => Performance.EvaluateAsync("tips", options, default));
            Assert.StartsWith(start, e.Message, StringComparison.Ordinal);
        }

        Assert.Throws<ArgumentException>(() => SliceDefinition.Feature("amount", 2, 1));
    }

    [Fact]
    public async Task EvaluateAsync_SlicesByNamesThatAreNotThere_SaySo()
    {
        var sink = Log.Writer.Attach(TestModels.Serve(Layout))!;
        Record(sink, 1, 0.5, Noon, tag: "web");
        await Log.FlushAsync();
        await LabelAsync([(1, 1)]);
        var options = new EvaluationOptions
        {
            Bootstrap = false,
            Slices = { SliceDefinition.Tag("nosuch"), SliceDefinition.Key("nosuch"), SliceDefinition.Feature("nosuch"), SliceDefinition.Tag("source"), SliceDefinition.Key("area"), SliceDefinition.Feature("amount", 0) },
        };

        var results = await Performance.EvaluateAsync("tips", options, default);

        Assert.Equal(
            [
                "Expected predictions with a value of tag 'nosuch' to slice by, but found none (model 'tips').",
                "Expected predictions with a value of part of the entity key 'nosuch' to slice by, but found none (model 'tips').",
                "Expected predictions with a value of feature 'nosuch' to slice by, but found none (model 'tips').",
            ],
            results.Where(r => r.Slice == "nosuch=(missing)").Select(r => r.Problem));
        Assert.DoesNotContain(results, r => r.Slice is not "nosuch=(missing)" && r.Problem?.Contains("slice by", StringComparison.Ordinal) == true);
    }

    [Fact]
    public async Task EvaluateAsync_SliceByABucketedFeature_PartsByWhatIsLoggedInItsPlace()
    {
        await using var log = new LogHarness(configuration: PredictionLogConfiguration.Default with
        {
            Redaction = new Dictionary<string, RedactionConfiguration> { ["tips"] = RedactionConfiguration.From(new RedactionOptions().Bucket("amount", 10)) },
        });
        var sink = log.Writer.Attach(TestModels.Serve(Layout))!;
        for (var i = 0; i < 4; i++)
        {
            Record(sink, i, 0.5, Noon, amount: 7 + i);
        }

        await log.FlushAsync();
        using var performance = new LivePerformance(log.Directory, Labels, 1_000);

        var results = await performance.EvaluateAsync("tips", new EvaluationOptions { Bootstrap = false, Slices = { SliceDefinition.Feature("amount") } }, default);

        Assert.Equal([("amount=0", 3L), ("amount=10", 1L)], results.Where(r => r.Slice is not null).Select(r => (r.Slice!, r.ScoredCount)).Order());
    }
}
