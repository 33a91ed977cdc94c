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

public sealed class LogEvaluationTests : IDisposable
{
    private static readonly FeatureRowLayout Layout = new([new("amount", FeatureType.Float32, "v"), new("channel", FeatureType.String, "v")]);
    private static readonly DateTimeOffset Noon = new(2026, 3, 1, 12, 0, 0, TimeSpan.Zero);

    private readonly LogHarness _log = new();
    private readonly LabelStore _labels;
    private readonly FakeTimeProvider _time = new(Noon.AddDays(1));
    private readonly LivePerformance _performance;

    public LogEvaluationTests()
    {
        _labels = new LabelStore(_log.Directory, DiskSync.Instance, TimeProvider.System, NullLogger<LabelStore>.Instance);
        _performance = new LivePerformance(_log.Directory, _labels, 1_000, _time);
    }

    public void Dispose()
    {
        _labels.Dispose();
        _performance.Dispose();
        _log.Dispose();
    }

    [Fact]
    public async Task EvaluateAsync_EarlyLabels_DoNotCountBeforeTheirPredictionMatured()
    {
        // Of the young predictions the positives are known at once, as a fraud that is reported; the rest will prove good only with time.
        var sink = _log.Writer.Attach(TestModels.Serve(Layout))!;
        for (var i = 0; i < 100; i++)
        {
            Record(sink, i, 0.5 + (i % 7 / 100.0), Noon.AddHours(i < 60 ? -48 : 23));
        }

        await _log.FlushAsync();
        await LabelAsync(Enumerable.Range(0, 50).Select(i => (i, i % 5 == 0 ? 1.0 : 0)));
        await LabelAsync(Enumerable.Range(60, 40).Where(i => i % 5 == 0).Select(i => (i, 1.0)));

        var biased = Assert.Single(await _performance.EvaluateAsync("tips", new EvaluationOptions(), default));
        var matured = Assert.Single(await _performance.EvaluateAsync("tips", new EvaluationOptions { Maturity = TimeSpan.FromHours(24) }, default));

        Assert.Equal((100, 58, 18, 0), (biased.PredictionCount, biased.LabelledCount, biased.BinaryClassification!.PositiveCount, biased.ImmatureCount));
        Assert.Equal((60, 50, 10, 40), (matured.PredictionCount, matured.LabelledCount, matured.BinaryClassification!.PositiveCount, matured.ImmatureCount));
        Assert.Equal(50 / 60.0, matured.LabelMaturity, 1e-15);

        // A day on all have matured.
        _time.Advance(TimeSpan.FromHours(24));
        Assert.Equal(100, Assert.Single(await _performance.EvaluateAsync("tips", new EvaluationOptions { Maturity = TimeSpan.FromHours(24) }, default)).PredictionCount);
    }

    [Fact]
    public async Task EvaluateAsync_SlidingWindows_EachHoldsItsOwnPredictions()
    {
        var sink = _log.Writer.Attach(TestModels.Serve(Layout))!;
        var random = new Random(1);
        var rows = Enumerable.Range(0, 600).Select(i => (Time: Noon.AddMinutes(i), Score: Math.Round(random.NextDouble(), 2), Label: random.Next(2))).ToArray();
        for (var i = 0; i < rows.Length; i++)
        {
            Record(sink, i, rows[i].Score, rows[i].Time);
        }

        await _log.FlushAsync();
        await LabelAsync(rows.Select((r, i) => (i, (double)r.Label)));
        var options = new EvaluationOptions { Window = TimeSpan.FromHours(2), Slide = TimeSpan.FromHours(1), From = Noon, To = Noon.AddHours(10) };

        var results = await _performance.EvaluateAsync("tips", options, default);

        Assert.Equal(10, results.Count);
        foreach (var result in results)
        {
            var own = rows.Where(r => r.Time >= result.From && r.Time < result.To).ToArray();
            Assert.Equal(own.Length, result.LabelledCount);
            Assert.Equal(TimeSpan.FromHours(2), result.To - result.From);
            var exact = BinaryClassificationMetrics.Compute(own.Select(r => r.Score).ToArray(), own.Select(r => (byte)r.Label).ToArray());
            Assert.Equal(exact.Auc, result.BinaryClassification!.Auc);
            Assert.Equal(exact.LogLoss, result.BinaryClassification.LogLoss);
            foreach (var name in (string[])[FigureNames.Auc, FigureNames.AveragePrecision, FigureNames.LogLoss, FigureNames.Brier, FigureNames.Accuracy, FigureNames.Precision, FigureNames.Recall, FigureNames.F1])
            {
                Assert.True(result.Intervals[name].Lower <= result.Intervals[name].Upper, name);
            }

            Assert.True(result.Intervals[FigureNames.Auc].Contains(exact.Auc));
            Assert.True(result.Intervals[FigureNames.AveragePrecision].Contains(exact.AveragePrecision));
            Assert.True(result.Intervals[FigureNames.F1].Contains(exact.F1));
        }

        // The same log and the same seed give the same intervals, however often one asks.
        var again = await _performance.EvaluateAsync("tips", options, default);
        Assert.Equal(results.Select(r => r.Intervals[FigureNames.AveragePrecision]), again.Select(r => r.Intervals[FigureNames.AveragePrecision]));
    }

    [Fact]
    public async Task EvaluateAsync_SlicesAndVariants_AddUpToTheWhole()
    {
        var champion = _log.Writer.Attach(TestModels.Serve(Layout))!;
        var canary = _log.Writer.Attach(TestModels.Serve(Layout, variant: "canary"))!;
        for (var i = 0; i < 300; i++)
        {
            // Areas 0 to 9, the lower the more frequent.
            Record(i % 3 == 0 ? canary : champion, i, 0.5, Noon.AddSeconds(i), area: (int)Math.Sqrt(i / 3), tag: i % 2 == 0 ? "web" : null, amount: i);
        }

        await _log.FlushAsync();
        await LabelAsync(Enumerable.Range(0, 300).Select(i => (i, i % 2.0)));
        var options = new EvaluationOptions { ByVariant = true, MaximumSliceCount = 3, Bootstrap = false };
        options.Slices.Add(SliceDefinition.Key("area"));
        options.Slices.Add(SliceDefinition.Tag("source"));
        options.Slices.Add(SliceDefinition.Feature("amount", 100, 200));
        options.Slices.Add(SliceDefinition.Feature("channel"));

        var results = await _performance.EvaluateAsync("tips", options, default);
        var counts = results.ToDictionary(r => r.Slice ?? r.Variant ?? "all", r => r.LabelledCount);

        // Area a holds 3 (2a + 1) predictions: 9 is the most frequent.
        Assert.Equal(
            new Dictionary<string, long>
            {
                ["all"] = 300,
                ["champion"] = 200,
                ["canary"] = 100,
                ["area=9"] = 57,
                ["area=8"] = 51,
                ["area=7"] = 45,
                ["area=(other)"] = 147,
                ["source=web"] = 150,
                ["source=(missing)"] = 150,
                ["amount=<100"] = 100,
                ["amount=100..200"] = 100,
                ["amount=>=200"] = 100,
                ["channel=c0"] = 150,
                ["channel=c1"] = 150,
            },
            counts);
        Assert.Equal("all", results[0].Slice ?? results[0].Variant ?? "all");
    }

    [Fact]
    public async Task EvaluateAsync_SeveralClasses_HasTheirFigures()
    {
        var sink = _log.Writer.Attach(TestModels.Serve(Layout, outputs: 3, task: ModelTask.MulticlassClassification))!;
        var random = new Random(4);
        var (scores, truth) = (new List<double>(), new List<int>());
        for (var i = 0; i < 200; i++)
        {
            var (a, b) = (Math.Round(random.NextDouble() / 2, 3), Math.Round(random.NextDouble() / 2, 3));
            double[] row = [a, b, 1 - a - b];
            scores.AddRange(row);
            truth.Add(random.Next(3));
            Record(sink, i, row, Noon.AddSeconds(i));
        }

        Record(sink, 200, [0.2, 0.3, 0.5], Noon);
        Record(sink, 201, [0.2, 0.3, 0.5], Noon);
        await _log.FlushAsync();
        await LabelAsync(truth.Select((t, i) => (i, (double)t)).Append((200, 3.0)).Append((201, 0.3)));

        var plain = Assert.Single(await _performance.EvaluateAsync("tips", null, null, null, default));
        var result = Assert.Single(await _performance.EvaluateAsync("tips", new EvaluationOptions(), default));

        var exact = MulticlassMetrics.Compute(scores.ToArray(), truth.ToArray(), 3);
        Assert.Equal((202, 2, 2), (result.LabelledCount, result.UnusableCount, result.WrongLabelCount));
        Assert.Equal(exact.MacroF1, result.Multiclass!.MacroF1, 1e-12);
        Assert.Equal(exact.MacroAuc, plain.Multiclass!.MacroAuc, 1e-12);
        Assert.Equal(exact.LogLoss, result.Multiclass.LogLoss, 1e-12);
        Assert.True(result.Intervals[FigureNames.MacroF1].Contains(exact.MacroF1));
        Assert.True(result.Intervals[FigureNames.Accuracy].Contains(exact.Accuracy));
        Assert.Contains("index of a class, but found 2 other labels of 202", result.Problem, StringComparison.Ordinal);
    }

    [Fact]
    public async Task EvaluateAsync_Ranking_GroupsByRequestOrByTheTagThatIsNamed()
    {
        var sink = _log.Writer.Attach(TestModels.Serve(Layout, task: ModelTask.Ranking))!;
        var (scores, gains, queries) = (new double[120], new double[120], new ulong[120]);
        var random = new Random(9);
        for (var i = 0; i < 120; i++)
        {
            (scores[i], gains[i], queries[i]) = (Math.Round(random.NextDouble(), 1), random.Next(3), (ulong)i / 12);
            Record(sink, i, scores[i], Noon.AddSeconds(i), tag: $"q{queries[i]}");
        }

        await _log.FlushAsync();
        await LabelAsync(gains.Select((g, i) => (i, g)));

        var result = Assert.Single(await _performance.EvaluateAsync("tips", new EvaluationOptions { Query = SliceDefinition.Tag("source"), RankingCutoff = 5 }, default));
        var byRequest = Assert.Single(await _performance.EvaluateAsync("tips", new EvaluationOptions(), default));

        var exact = RankingMetrics.Compute(scores, gains, queries, 5);
        Assert.Equal(10, result.Ranking!.QueryCount);
        Assert.Equal(exact.Ndcg, result.Ranking.Ndcg, 1e-12);
        Assert.Equal(exact.MeanReciprocalRank, result.Ranking.MeanReciprocalRank, 1e-12);
        Assert.Equal(120, byRequest.Ranking!.QueryCount);
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task EvaluateAsync_RankingOfSampledQueries_WeighsThemOrSaysThatTheyAreTorn(bool isTorn)
    {
        var sink = _log.Writer.Attach(TestModels.Serve(Layout, task: ModelTask.Ranking))!;
        var rows = new FeatureRows(Layout, 1);
        var random = new Random(4);
        var (scores, gains, queries, weights) = (new double[60], new double[60], new ulong[60], new double[60]);
        for (var i = 0; i < 60; i++)
        {
            (scores[i], gains[i], queries[i], weights[i]) = (random.NextDouble(), random.Next(3), (ulong)i / 6, isTorn && i == 17 ? 3 : 1 + (i / 6 % 2));
            LogHarness.RecordAs(sink, rows, 1_000 + i, scores[i], weights[i], servedNumber: i / 6);
        }

        await _log.FlushAsync();
        await LabelAsync(Enumerable.Range(0, 10).Select(q => (q, 1.0)));

        var result = Assert.Single(await _performance.EvaluateAsync("tips", new EvaluationOptions(), default));

        Assert.Equal((60, isTorn ? 1 : 0), (result.LabelledCount, result.TornQueryCount));
        if (isTorn)
        {
            Assert.Null(result.Ranking);
            Assert.StartsWith("Expected the answers to a query to have one sampling weight, but found 1 queries with several", result.Problem, StringComparison.Ordinal);
        }
        else
        {
            var ones = gains.Select(_ => 1.0).ToArray();
            Assert.Equal(RankingMetrics.ComputeWeighted(scores, ones, queries, weights, 10).MeanReciprocalRank, result.Ranking!.MeanReciprocalRank, 1e-12);
            Assert.Equal(10, result.Ranking.QueryCount);
        }
    }

    [Fact]
    public async Task EvaluateAsync_Regression_HasQuantileLossesAndIntervals()
    {
        var sink = _log.Writer.Attach(TestModels.Serve(Layout, task: ModelTask.Regression))!;
        var random = new Random(8);
        var (predictions, targets) = (new double[300], new double[300]);
        for (var i = 0; i < 300; i++)
        {
            (predictions[i], targets[i]) = (10 * random.NextDouble(), 10 * random.NextDouble());
            Record(sink, i, predictions[i], Noon.AddSeconds(i));
        }

        await _log.FlushAsync();
        await LabelAsync(targets.Select((t, i) => (i, t)));
        var options = new EvaluationOptions();
        options.Quantiles.Add(0.9);

        var result = Assert.Single(await _performance.EvaluateAsync("tips", options, default));

        Assert.Equal(result.Regression!.MeanAbsoluteError / 2, result.QuantileLosses[0.5], 1e-12);
        Assert.True(result.QuantileLosses.ContainsKey(0.9));
        Assert.True(result.Intervals[FigureNames.MeanAbsoluteError].Contains(result.Regression.MeanAbsoluteError));
        Assert.True(result.Intervals[FigureNames.RootMeanSquaredError].Contains(result.Regression.RootMeanSquaredError));
        Assert.True(result.Intervals[FigureNames.RSquared].Contains(result.Regression.RSquared));
        Assert.True(result.Intervals[FigureNames.MeanError].Contains(result.Regression.MeanError));
    }

    [Fact]
    public async Task EvaluateAsync_MoreThanIsRemembered_CountsAllOfThem()
    {
        using var small = new LivePerformance(_log.Directory, _labels, 50, _time);
        var sink = _log.Writer.Attach(TestModels.Serve(Layout))!;
        for (var i = 0; i < 500; i++)
        {
            Record(sink, i, GoldenSequences.Golden(i), Noon.AddSeconds(i));
        }

        await _log.FlushAsync();
        await LabelAsync(Enumerable.Range(0, 500).Select(i => (i, i % 2.0)));

        var remembered = Assert.Single(await _performance.EvaluateAsync("tips", null, null, null, default));
        var joined = Assert.Single(await small.EvaluateAsync("tips", null, null, null, default));

        Assert.Equal(500, joined.LabelledCount);
        Assert.Equal(remembered.BinaryClassification!.Auc, joined.BinaryClassification!.Auc);
        Assert.Equal(remembered.BinaryClassification.LogLoss, joined.BinaryClassification.LogLoss);
        Assert.Equal(remembered.BinaryClassification.Calibration, joined.BinaryClassification.Calibration);
    }

    [Fact]
    public async Task EvaluateAsync_NothingToJudge_SaysWhy()
    {
        var sink = _log.Writer.Attach(TestModels.Serve(Layout))!;
        Record(sink, 0, 0.5, Noon);
        await _log.FlushAsync();

        var noData = Assert.Single(await _performance.EvaluateAsync("tips", new EvaluationOptions { From = Noon.AddDays(2), To = Noon.AddDays(3) }, default));
        var noLabel = Assert.Single(await _performance.EvaluateAsync("tips", new EvaluationOptions(), default));
        var tooYoung = Assert.Single(await _performance.EvaluateAsync("tips", new EvaluationOptions { Maturity = TimeSpan.FromDays(7) }, default));

        Assert.StartsWith("Expected predictions in the window, but found none (model 'tips' version 1, from 2026-03-03", noData.Problem, StringComparison.Ordinal);
        Assert.Equal("Expected labels of the window's 1 answered predictions, but found none (model 'tips' version 1).", noLabel.Problem);
        Assert.Equal("Expected matured predictions in the window, but found 1 that are all younger than the maturity (model 'tips' version 1).", tooYoung.Problem);
        Assert.Null(noData.BinaryClassification);
    }

    [Fact]
    public async Task EvaluateAsync_ImmaturePredictions_AreCountedInVariantsAndSlicesToo()
    {
        var champion = _log.Writer.Attach(TestModels.Serve(Layout))!;
        var canary = _log.Writer.Attach(TestModels.Serve(Layout, variant: "canary"))!;
        for (var i = 0; i < 30; i++)
        {
            Record(champion, i, 0.5, Noon.AddHours(i < 10 ? 0 : 23), area: i % 2);
        }

        Record(canary, 30, 0.5, Noon.AddHours(23), area: 1);
        await _log.FlushAsync();
        var options = new EvaluationOptions { ByVariant = true, Maturity = TimeSpan.FromHours(2), Bootstrap = false };
        options.Slices.Add(SliceDefinition.Key("area"));

        var results = (await _performance.EvaluateAsync("tips", options, default)).ToDictionary(r => r.Slice ?? r.Variant ?? "all");

        Assert.Equal(
            new Dictionary<string, (long, long)> { ["all"] = (10, 21), ["champion"] = (10, 20), ["canary"] = (0, 1), ["area=0"] = (5, 10), ["area=1"] = (5, 11) },
            results.ToDictionary(r => r.Key, r => (r.Value.PredictionCount, r.Value.ImmatureCount)));
        Assert.StartsWith("Expected matured predictions in the window, but found 1 that are all younger", results["canary"].Problem, StringComparison.Ordinal);
    }

    [Fact]
    public async Task EvaluateAsync_ScoresThatAreNoneAndASingleClass_AreProblems()
    {
        var sink = _log.Writer.Attach(TestModels.Serve(Layout))!;
        for (var i = 0; i < 10; i++)
        {
            Record(sink, i, i < 2 ? double.NaN : 0.1 * i, Noon.AddHours(i < 1 ? 0 : 2));
        }

        await _log.FlushAsync();
        await LabelAsync(Enumerable.Range(0, 10).Select(i => (i, 1.0)));
        var options = new EvaluationOptions { From = Noon, Window = TimeSpan.FromHours(1), Bootstrap = false };

        var results = await _performance.EvaluateAsync("tips", options, default);
        var remembered = Assert.Single(await _performance.EvaluateAsync("tips", null, null, null, default));

        Assert.Null(results[0].BinaryClassification);
        Assert.StartsWith(
            "Expected numbers for scores and sampling weights above 0, but found others in 1 of 1 labelled predictions, which are left out (model 'tips' version 1, from ", results[0].Problem, StringComparison.Ordinal);
        Assert.StartsWith("Expected numbers for scores and sampling weights above 0, but found others in 1 of 9 labelled predictions", results[1].Problem, StringComparison.Ordinal);
        Assert.Contains(" Expected labels of both classes, but found 8 usable labels that are all 1: no area can be computed (model", results[1].Problem, StringComparison.Ordinal);
        Assert.Contains("found 8 usable labels that are all 1", remembered.Problem, StringComparison.Ordinal);
        await LabelAsync([(9, 0)], Noon.AddHours(1));
        Assert.DoesNotContain("both classes", (await _performance.EvaluateAsync("tips", options, default))[1].Problem, StringComparison.Ordinal);
    }

    [Fact]
    public async Task EvaluateAsync_ClassScoresThatDoNotAddUpToOne_HaveALossWithinItsInterval()
    {
        var sink = _log.Writer.Attach(TestModels.Serve(Layout, outputs: 3, task: ModelTask.MulticlassClassification))!;
        var random = new Random(5);
        for (var i = 0; i < 60; i++)
        {
            Record(sink, i, [random.NextDouble(), random.NextDouble(), random.NextDouble()], Noon.AddSeconds(i));
        }

        await _log.FlushAsync();
        await LabelAsync(Enumerable.Range(0, 60).Select(i => (i, i % 3.0)));

        var result = Assert.Single(await _performance.EvaluateAsync("tips", new EvaluationOptions { Bootstrap = false }, default));

        var (loss, interval) = (result.Multiclass!.LogLoss, result.Intervals[FigureNames.LogLoss]);
        Assert.Equal(loss, (interval.Lower + interval.Upper) / 2, 1e-9);
    }

    [Fact]
    public async Task Serialize_ResultsWithoutNumbers_IsJson()
    {
        var sink = _log.Writer.Attach(TestModels.Serve(Layout))!;
        Record(sink, 0, 0.5, Noon);
        await _log.FlushAsync();
        var empty = Assert.Single(await _performance.EvaluateAsync("tips", new EvaluationOptions { From = Noon.AddDays(2) }, default));
        await LabelAsync([(0, 1)]);
        var oneClass = Assert.Single(await _performance.EvaluateAsync("tips", new EvaluationOptions(), default));
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
            var e = await Assert.ThrowsAsync<ArgumentException>(() => _performance.EvaluateAsync("tips", options, default));
            Assert.StartsWith(start, e.Message, StringComparison.Ordinal);
        }

        Assert.Throws<ArgumentException>(() => SliceDefinition.Feature("amount", 2, 1));
    }

    [Fact]
    public async Task EvaluateAsync_SlicesByNamesThatAreNotThere_SaySo()
    {
        var sink = _log.Writer.Attach(TestModels.Serve(Layout))!;
        Record(sink, 1, 0.5, Noon, tag: "web");
        await _log.FlushAsync();
        await LabelAsync([(1, 1)]);
        var options = new EvaluationOptions
        {
            Bootstrap = false,
            Slices = { SliceDefinition.Tag("nosuch"), SliceDefinition.Key("nosuch"), SliceDefinition.Feature("nosuch"), SliceDefinition.Tag("source"), SliceDefinition.Key("area"), SliceDefinition.Feature("amount", 0) },
        };

        var results = await _performance.EvaluateAsync("tips", options, default);

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
        using var performance = new LivePerformance(log.Directory, _labels, 1_000);

        var results = await performance.EvaluateAsync("tips", new EvaluationOptions { Bootstrap = false, Slices = { SliceDefinition.Feature("amount") } }, default);

        Assert.Equal([("amount=0", 3L), ("amount=10", 1L)], results.Where(r => r.Slice is not null).Select(r => (r.Slice!, r.ScoredCount)).Order());
    }

    [Fact]
    public async Task CheckLabelsAsync_UnknownAndWrongLabels_HaveTheirFindings()
    {
        var binary = _log.Writer.Attach(TestModels.Serve(Layout))!;
        var regression = _log.Writer.Attach(TestModels.Serve(Layout, name: "fares", task: ModelTask.Regression))!;
        for (var i = 0; i < 10; i++)
        {
            Record(binary, i, 0.5, Noon);
            Record(regression, 100 + i, 7, Noon);
        }

        await _log.FlushAsync();
        Assert.Empty((await _performance.CheckLabelsAsync(default)).Findings);
        await LabelAsync([(0, 1), (1, 0.3), (2, 0.3), (100, 0.3), (5_000, 1), (5_001, 1), (5_002, 1)]);
        await LabelAsync([(2, 1)], Noon.AddHours(1));
        await _labels.RecordAsync(new[] { Label.ForPrediction(TestModels.Id(5_002), null, Noon.AddHours(1)) }, default);

        var report = await _performance.CheckLabelsAsync(default);

        // One of the wrong labels was corrected and one of the unknown ones was taken back.
        Assert.Equal((9, 2), (report.LabelCount, report.UnknownCount));
        Assert.Equal(
            [
                "Expected every label to name a logged answer, but found 2 of 9 labels whose prediction no log holds.",
                "Expected every label of a binary model to be 0 or 1, but found 1 other labels, which are left out of every figure (model 'tips' version 1).",
            ],
            report.Findings.Select(f => f.Message));
        Assert.All(report.Findings, f => Assert.Equal(Figures.FindingKind.DataQuality, f.Kind));

        // What was found stays among the monitor's findings until labels are checked again.
        Assert.Equal(report.Findings, ((Figures.IFigureSource)_performance).Findings);
    }

    [Fact]
    public async Task Findings_WrongLabelsInTheLiveWindow_AreFoundWithoutACheck()
    {
        var sink = _log.Writer.Attach(TestModels.Serve(Layout))!;
        for (var i = 0; i < 10; i++)
        {
            Record(sink, i, 0.5, Noon.AddHours(23));
        }

        await _log.FlushAsync();
        await LabelAsync([(0, 1), (1, 0), (2, 0.3), (3, 7)]);

        await _performance.EvaluateLatestAsync("tips", default);
        var finding = Assert.Single(((Figures.IFigureSource)_performance).Findings);
        await _performance.CheckLabelsAsync(default);

        Assert.Equal((LabelFindings.WrongTest, 2.0, 4), (finding.Test, finding.Statistic, finding.RowCount));
        Assert.StartsWith("Expected every label of a binary model to be 0 or 1, but found 2 other labels", finding.Message, StringComparison.Ordinal);
        Assert.Single(((Figures.IFigureSource)_performance).Findings);
    }

    [Fact]
    public async Task CheckLabelsAsync_LabelsOfEntitiesThatMeetNothing_AreCountedByModel()
    {
        var sink = _log.Writer.Attach(TestModels.Serve(Layout))!;
        Record(sink, 1, 0.5, Noon, area: 8);
        await _log.FlushAsync();
        await _labels.RecordAsync(
            new[]
            {
                Label.ForEntity("tips", (EntityValue[])["x", 8], Noon, 1, Noon),
                Label.ForEntity("tips", (EntityValue[])["y", 8], Noon, 1, Noon),
                Label.ForEntity("tips", (EntityValue[])["x", 8], Noon.AddYears(1), 1, Noon),
                Label.ForEntity("tips", (EntityValue[])["x", 8], Noon.AddYears(1), 0, Noon.AddHours(1)),
                Label.ForEntity("tips", (EntityValue[])["z", 8], Noon, null, Noon),
                Label.ForEntity("other", (EntityValue[])["x", 8], Noon, 1, Noon),
            },
            default);

        var report = await _performance.CheckLabelsAsync(default);

        Assert.Equal((6, 0), (report.LabelCount, report.UnknownCount));
        Assert.Equal([("other", 1L), ("tips", 2L)], report.UnknownEntityCounts.OrderBy(u => u.Key).Select(u => (u.Key, u.Value)));
        Assert.Equal(
            "Expected every label of an entity of model 'tips' to meet a logged answer of that key and event time, to the microsecond, but found 2 that meet none.", report.Findings[1].Message);
    }

    private static void Record(IPredictionSink sink, long number, double score, DateTimeOffset time, int area = 1, string? tag = null, float amount = 1)
        => Record(sink, number, [score], time, area, tag, amount);

    private static void Record(IPredictionSink sink, long number, double[] scores, DateTimeOffset time, int area = 1, string? tag = null, float amount = 1)
    {
        var rows = new FeatureRows(Layout, 1);
        rows.StatusOf(0)[0] = FeatureStatus.Present;
        rows.Float32Of(0)[0] = amount;
        rows.StatusOf(0)[1] = FeatureStatus.Present;
        rows.SetString(0, 0, $"c{number % 2}");
        sink.Record(new PredictionRecord
        {
            Id = TestModels.Id(number),
            EventTime = Microseconds.FromRequestTime(time),
            RequestTime = Microseconds.FromRequestTime(time),
            LatencyNanoseconds = 10,
            Outcome = PredictionOutcome.Ok,
            Keys = (EntityValue[])["x", area],
            Features = rows.RowOf(0),
            Scores = scores,
            Tags = tag is null ? default : new[] { new KeyValuePair<string, string>("source", tag) },
        });
    }

    private async Task LabelAsync(IEnumerable<(int Number, double Value)> labels, DateTimeOffset? observedAt = null)
        => await _labels.RecordAsync(labels.Select(l => Label.ForPrediction(TestModels.Id(l.Number), l.Value, observedAt ?? Noon)).ToArray(), default);
}
