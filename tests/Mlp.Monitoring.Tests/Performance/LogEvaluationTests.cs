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

public sealed class LogEvaluationTests : LogEvaluationFixture
{
    [Fact]
    public async Task EvaluateAsync_EarlyLabels_DoNotCountBeforeTheirPredictionMatured()
    {
        // Of the young predictions the positives are known at once, as a fraud that is reported; the rest will prove good only with time.
        var sink = Log.Writer.Attach(TestModels.Serve(Layout))!;
        for (var i = 0; i < 100; i++)
        {
            Record(sink, i, 0.5 + (i % 7 / 100.0), Noon.AddHours(i < 60 ? -48 : 23));
        }

        await Log.FlushAsync();
        await LabelAsync(Enumerable.Range(0, 50).Select(i => (i, i % 5 == 0 ? 1.0 : 0)));
        await LabelAsync(Enumerable.Range(60, 40).Where(i => i % 5 == 0).Select(i => (i, 1.0)));

        var biased = Assert.Single(await Performance.EvaluateAsync("tips", new EvaluationOptions(), default));
        var matured = Assert.Single(await Performance.EvaluateAsync("tips", new EvaluationOptions { Maturity = TimeSpan.FromHours(24) }, default));

        Assert.Equal((100, 58, 18, 0), (biased.PredictionCount, biased.LabelledCount, biased.BinaryClassification!.PositiveCount, biased.ImmatureCount));
        Assert.Equal((60, 50, 10, 40), (matured.PredictionCount, matured.LabelledCount, matured.BinaryClassification!.PositiveCount, matured.ImmatureCount));
        Assert.Equal(50 / 60.0, matured.LabelMaturity, 1e-15);

        // A day on all have matured.
        Clock.Advance(TimeSpan.FromHours(24));
        Assert.Equal(100, Assert.Single(await Performance.EvaluateAsync("tips", new EvaluationOptions { Maturity = TimeSpan.FromHours(24) }, default)).PredictionCount);
    }

    [Fact]
    public async Task EvaluateAsync_SlidingWindows_EachHoldsItsOwnPredictions()
    {
        var sink = Log.Writer.Attach(TestModels.Serve(Layout))!;
        var random = new Random(1);
        var rows = Enumerable.Range(0, 600).Select(i => (Time: Noon.AddMinutes(i), Score: Math.Round(random.NextDouble(), 2), Label: random.Next(2))).ToArray();
        for (var i = 0; i < rows.Length; i++)
        {
            Record(sink, i, rows[i].Score, rows[i].Time);
        }

        await Log.FlushAsync();
        await LabelAsync(rows.Select((r, i) => (i, (double)r.Label)));
        var options = new EvaluationOptions { Window = TimeSpan.FromHours(2), Slide = TimeSpan.FromHours(1), From = Noon, To = Noon.AddHours(10) };

        var results = await Performance.EvaluateAsync("tips", options, default);

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
        var again = await Performance.EvaluateAsync("tips", options, default);
        Assert.Equal(results.Select(r => r.Intervals[FigureNames.AveragePrecision]), again.Select(r => r.Intervals[FigureNames.AveragePrecision]));
    }

    [Fact]
    public async Task EvaluateAsync_SlicesAndVariants_AddUpToTheWhole()
    {
        var champion = Log.Writer.Attach(TestModels.Serve(Layout))!;
        var canary = Log.Writer.Attach(TestModels.Serve(Layout, variant: "canary"))!;
        for (var i = 0; i < 300; i++)
        {
            // Areas 0 to 9, the lower the more frequent.
            Record(i % 3 == 0 ? canary : champion, i, 0.5, Noon.AddSeconds(i), area: (int)Math.Sqrt(i / 3), tag: i % 2 == 0 ? "web" : null, amount: i);
        }

        await Log.FlushAsync();
        await LabelAsync(Enumerable.Range(0, 300).Select(i => (i, i % 2.0)));
        var options = new EvaluationOptions { ByVariant = true, MaximumSliceCount = 3, Bootstrap = false };
        options.Slices.Add(SliceDefinition.Key("area"));
        options.Slices.Add(SliceDefinition.Tag("source"));
        options.Slices.Add(SliceDefinition.Feature("amount", 100, 200));
        options.Slices.Add(SliceDefinition.Feature("channel"));

        var results = await Performance.EvaluateAsync("tips", options, default);
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
        var sink = Log.Writer.Attach(TestModels.Serve(Layout, outputs: 3, task: ModelTask.MulticlassClassification))!;
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
        await Log.FlushAsync();
        await LabelAsync(truth.Select((t, i) => (i, (double)t)).Append((200, 3.0)).Append((201, 0.3)));

        var plain = Assert.Single(await Performance.EvaluateAsync("tips", null, null, null, default));
        var result = Assert.Single(await Performance.EvaluateAsync("tips", new EvaluationOptions(), default));

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
        var sink = Log.Writer.Attach(TestModels.Serve(Layout, task: ModelTask.Ranking))!;
        var (scores, gains, queries) = (new double[120], new double[120], new ulong[120]);
        var random = new Random(9);
        for (var i = 0; i < 120; i++)
        {
            (scores[i], gains[i], queries[i]) = (Math.Round(random.NextDouble(), 1), random.Next(3), (ulong)i / 12);
            Record(sink, i, scores[i], Noon.AddSeconds(i), tag: $"q{queries[i]}");
        }

        await Log.FlushAsync();
        await LabelAsync(gains.Select((g, i) => (i, g)));

        var result = Assert.Single(await Performance.EvaluateAsync("tips", new EvaluationOptions { Query = SliceDefinition.Tag("source"), RankingCutoff = 5 }, default));
        var byRequest = Assert.Single(await Performance.EvaluateAsync("tips", new EvaluationOptions(), default));

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
        var sink = Log.Writer.Attach(TestModels.Serve(Layout, task: ModelTask.Ranking))!;
        var rows = new FeatureRows(Layout, 1);
        var random = new Random(4);
        var (scores, gains, queries, weights) = (new double[60], new double[60], new ulong[60], new double[60]);
        for (var i = 0; i < 60; i++)
        {
            (scores[i], gains[i], queries[i], weights[i]) = (random.NextDouble(), random.Next(3), (ulong)i / 6, isTorn && i == 17 ? 3 : 1 + (i / 6 % 2));
            LogHarness.RecordAs(sink, rows, 1_000 + i, scores[i], weights[i], servedNumber: i / 6);
        }

        await Log.FlushAsync();
        await LabelAsync(Enumerable.Range(0, 10).Select(q => (q, 1.0)));

        var result = Assert.Single(await Performance.EvaluateAsync("tips", new EvaluationOptions(), default));

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
        var sink = Log.Writer.Attach(TestModels.Serve(Layout, task: ModelTask.Regression))!;
        var random = new Random(8);
        var (predictions, targets) = (new double[300], new double[300]);
        for (var i = 0; i < 300; i++)
        {
            (predictions[i], targets[i]) = (10 * random.NextDouble(), 10 * random.NextDouble());
            Record(sink, i, predictions[i], Noon.AddSeconds(i));
        }

        await Log.FlushAsync();
        await LabelAsync(targets.Select((t, i) => (i, t)));
        var options = new EvaluationOptions();
        options.Quantiles.Add(0.9);

        var result = Assert.Single(await Performance.EvaluateAsync("tips", options, default));

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
        using var small = new LivePerformance(Log.Directory, Labels, 50, Clock);
        var sink = Log.Writer.Attach(TestModels.Serve(Layout))!;
        for (var i = 0; i < 500; i++)
        {
            Record(sink, i, GoldenSequences.Golden(i), Noon.AddSeconds(i));
        }

        await Log.FlushAsync();
        await LabelAsync(Enumerable.Range(0, 500).Select(i => (i, i % 2.0)));

        var remembered = Assert.Single(await Performance.EvaluateAsync("tips", null, null, null, default));
        var joined = Assert.Single(await small.EvaluateAsync("tips", null, null, null, default));

        Assert.Equal(500, joined.LabelledCount);
        Assert.Equal(remembered.BinaryClassification!.Auc, joined.BinaryClassification!.Auc);
        Assert.Equal(remembered.BinaryClassification.LogLoss, joined.BinaryClassification.LogLoss);
        Assert.Equal(remembered.BinaryClassification.Calibration, joined.BinaryClassification.Calibration);
    }
}
