using Apache.Arrow;
using Mlp.Runtime.Data;
using Mlp.Runtime.Models;
using Mlp.Runtime.Statistics;
using Mlp.Training.Networks;
using Mlp.Training.Networks.Layers;

namespace Mlp.Training.Tests.Networks;

/// <summary>What networks learn of each kind of label.</summary>
public sealed class NetworkTaskTests
{
    private const int Count = 1500;

    [Fact]
    public async Task FitAsync_SeveralClasses_LearnsThemUnderTheirNames()
    {
        var (x, z) = (Uniform(1), Uniform(2));
        var rows = new Rows().Float32("x", x).Float32("z", z)
            .Label("kind", [.. Enumerable.Range(0, Count).Select(i => x[i] + z[i] > 0.4f ? "high" : x[i] - z[i] > 0 ? "low" : "other")]).Set("kind");
        using var network = await new NetworkTrainer(Options(ModelTask.MulticlassClassification)).FitAsync(rows);

        var scores = network.Predict(await BatchOf(rows));
        var truth = ((StringArray)(await BatchOf(rows)).Column("kind"));
        var metrics = MulticlassMetrics.Compute(System.Array.ConvertAll(scores, s => (double)s), [.. Enumerable.Range(0, Count).Select(i => network.ClassNames.ToList().IndexOf(truth.GetString(i)!))], 3);

        Assert.Equal(["high", "low", "other"], network.ClassNames);
        Assert.Equal((3, 3 * Count), (network.ScoreCount, scores.Length));
        Assert.All(Enumerable.Range(0, Count), i => Assert.Equal(1, scores.AsSpan(3 * i, 3).ToArray().Sum(), 1e-5f));
        Assert.InRange(metrics.Accuracy, 0.93, 1);

        var model = network.Export();
        Assert.Equal(["high", "low", "other"], model.Output.ClassNames);
        Assert.InRange(model.ExportProof.MaximumDifference, 0, 1e-5);
    }

    [Fact]
    public async Task FitAsync_Definition_TrainsItsLayersAndExports()
    {
        var (x, z) = (Uniform(1), Uniform(2));
        var rows = new Rows().Float32("x", x).Float32("z", z).Label("y", [.. Enumerable.Range(0, Count).Select(i => x[i] * z[i] > 0)]).Set("y");
        var options = Options(ModelTask.BinaryClassification);
        (options.MaxEpochs, options.EarlyStoppingPatience, options.HiddenLayers) = (20, 20, null);
        options.Definition = new(Layer.Linear(16), Layer.LayerNorm(), Layer.Gelu(), Layer.Residual(Layer.Sequential(Layer.Linear(16), Layer.Relu())), Layer.Output());
        using var network = await new NetworkTrainer(options).FitAsync(rows);

        var batch = await BatchOf(rows);
        var truth = (BooleanArray)batch.Column("y");

        // No linear model tells the quadrants apart.
        Assert.InRange(BinaryClassificationMetrics.Compute(network.Predict(batch), [.. Enumerable.Range(0, Count).Select(i => truth.GetValue(i)!.Value)]).Auc, 0.97, 1);
        Assert.Same(options.Definition, network.Definition);
        Assert.InRange(network.Export().ExportProof.MaximumDifference, 0, 1e-5);
    }

    [Theory]
    [InlineData(0.1)]
    [InlineData(0.5)]
    [InlineData(0.9)]
    public async Task FitAsync_Quantile_IsExceededByThatShareOfRows(double quantile)
    {
        var (x, noise) = (Uniform(1), Uniform(2));
        var label = Enumerable.Range(0, Count).Select(i => (10 * x[i]!.Value) + (4 * noise[i]!.Value)).ToArray();
        var rows = new Rows().Float32("x", x).Label("y", label).Set("y");
        var options = Options(ModelTask.Regression);
        (options.Loss.Kind, options.Loss.Quantile, options.MaxEpochs, options.EarlyStoppingPatience) = (NetworkLossKind.Quantile, quantile, 40, 40);
        using var network = await new NetworkTrainer(options).FitAsync(rows);

        var predictions = network.Predict(await BatchOf(rows));

        Assert.InRange(predictions.Zip(label).Count(p => p.Second <= p.First) / (double)Count, quantile - 0.06, quantile + 0.06);
    }

    [Theory]
    [InlineData(NetworkLossKind.RankNet)]
    [InlineData(NetworkLossKind.LambdaRank)]
    public async Task FitAsync_Ranking_OrdersWithinGroups(NetworkLossKind loss)
    {
        // The group has an offset that says nothing: only differences within it do.
        var (x, z) = (Uniform(1), Uniform(2));
        var group = Enumerable.Range(0, Count).Select(i => (long?)(i / 10)).ToArray();
        var rows = new Rows().Float32("x", [.. x.Select((v, i) => v + (group[i] % 7))]).Float32("z", z)
            .Label("gain", [.. Enumerable.Range(0, Count).Select(i => MathF.Floor(2 * (x[i]!.Value + z[i]!.Value + 2)))]).Other("g", Int64(group)).Set("gain");
        var options = Options(ModelTask.Ranking);
        (options.GroupColumn, options.Loss.Kind, options.StopMetric) = ("g", loss, ValidationMetric.Ndcg);
        using var network = await new NetworkTrainer(options).FitAsync(rows);

        var batch = await BatchOf(rows);
        var metrics = RankingMetrics.Compute(
            System.Array.ConvertAll(network.Predict(batch), s => (double)s),
            System.Array.ConvertAll(((FloatArray)batch.Column("gain")).Values.ToArray(), g => (double)g),
            System.Array.ConvertAll(group, g => (ulong)g!.Value));

        Assert.InRange(metrics.Ndcg, 0.93, 1);
        Assert.Equal(0, network.TrainingCount % 10);
    }

    [Fact]
    public async Task FitAsync_RowWeights_CountLikeRepeatedRows()
    {
        // The label contradicts itself: of x = 1 the weighted share of ones is ¾, which the probability becomes.
        var rows = new Rows().Float32("x", [.. Enumerable.Range(0, 400).Select(i => (float?)(i % 4 < 2 ? 1 : -1))])
            .Label("y", [.. Enumerable.Range(0, 400).Select(i => i % 2 == 0)])
            .Other("w", new FloatArray.Builder().AppendRange(Enumerable.Range(0, 400).Select(i => i % 2 == 0 ? 3f : 1f)).Build());
        var options = Options(ModelTask.BinaryClassification);
        (options.HiddenLayers, options.ValidationShare, options.MaxEpochs, options.BatchSize, options.LearningRate) = ([], 0, 60, 400, 0.05);
        using var network = await new NetworkTrainer(options).FitAsync(new ChangedTrainingSet(rows.Set("y"), m => m with { WeightColumn = "w" }));

        Assert.Equal(0.75f, network.Predict(rows.Batch())[0], 0.02f);
    }

    [Fact]
    public async Task FitAsync_BalancedClasses_CountTheSame()
    {
        // One in five is 1 whatever x is: unweighted the probability becomes 0.2, balanced ½.
        var rows = new Rows().Float32("x", [.. Enumerable.Range(0, 500).Select(i => (float?)(i % 2))]).Label("y", [.. Enumerable.Range(0, 500).Select(i => i % 5 == 0 ? "rare" : "frequent")]).Set("y");
        var options = Options(ModelTask.BinaryClassification);
        (options.HiddenLayers, options.ValidationShare, options.MaxEpochs, options.BatchSize, options.LearningRate) = ([], 0, 60, 500, 0.05);
        using var plain = await new NetworkTrainer(options).FitAsync(rows);
        options.Loss.BalanceClasses = true;
        using var balanced = await new NetworkTrainer(options).FitAsync(rows);
        options.Loss.BalanceClasses = false;
        options.Loss.ClassWeights["rare"] = 4;
        using var named = await new NetworkTrainer(options).FitAsync(rows);

        var batch = await BatchOf(rows);
        Assert.Equal(["frequent", "rare"], plain.ClassNames);
        Assert.Equal(0.2f, plain.Predict(batch)[0], 0.03f);
        Assert.Equal(0.5f, balanced.Predict(batch)[0], 0.03f);
        Assert.Equal(0.5f, named.Predict(batch)[0], 0.03f);
    }

    private static NetworkOptions Options(ModelTask task)
        => new() { Task = task, HiddenLayers = [32], BatchSize = 64, MaxEpochs = 15, Dropout = 0, LearningRate = 0.01, Seed = 3 };

    private static float?[] Uniform(ulong seed)
    {
        var random = new SeededRandom(seed);
        return [.. Enumerable.Range(0, Count).Select(_ => (float?)((2 * random.NextDouble()) - 1))];
    }

    private static Int64Array Int64(long?[] values) => new Int64Array.Builder().AppendRange(values.Select(v => v!.Value)).Build();

    private static Task<RecordBatch> BatchOf(ITrainingSet set) => SyntheticRows.BatchOf(set);
}
