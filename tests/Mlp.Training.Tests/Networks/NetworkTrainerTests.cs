using Apache.Arrow;
using Mlp.Runtime.Data;
using Mlp.Runtime.Models;
using Mlp.Runtime.Statistics;
using Mlp.Training.Networks;

namespace Mlp.Training.Tests.Networks;

public sealed class NetworkTrainerTests
{
    [Fact]
    public async Task FitAsync_LearnableRule_RanksUnseenRows()
    {
        using var network = await new NetworkTrainer(Small()).FitAsync(SyntheticRows.Create(4000, seed: 1));

        var (scores, labels) = await ScoreAsync(network, SyntheticRows.Create(2000, seed: 2));

        // The labels are drawn with known probabilities; ranking by those gives an AUC of about 0.87 on such rows.
        Assert.InRange(BinaryClassificationMetrics.Compute(scores, labels).Auc, 0.83, 0.90);
    }

    [Fact]
    public async Task FitAsync_ShuffledLabels_LearnsNothing()
    {
        using var network = await new NetworkTrainer(Small()).FitAsync(SyntheticRows.Create(4000, seed: 1, isShuffled: true));

        var (scores, labels) = await ScoreAsync(network, SyntheticRows.Create(4000, seed: 2, isShuffled: true));

        Assert.InRange(BinaryClassificationMetrics.Compute(scores, labels).Auc, 0.46, 0.54);
    }

    [Fact]
    public async Task FitAsync_Regression_PredictsInTheLabelsUnit()
    {
        var options = Small();
        options.Task = ModelTask.Regression;
        options.LearningRate = 0.01;
        options.MaxEpochs = 20;
        options.Dropout = 0;
        using var network = await new NetworkTrainer(options).FitAsync(SyntheticRows.Create(3000, seed: 1, isRegression: true));

        var holdout = await SyntheticRows.BatchOf(SyntheticRows.Create(1000, seed: 2, isRegression: true));
        var metrics = RegressionMetrics.Compute(network.Predict(holdout), ((FloatArray)holdout.Column(SyntheticRows.Label)).Values);

        Assert.InRange(metrics.RSquared, 0.7, 1);
        Assert.InRange(Math.Abs(metrics.MeanError), 0, 2);
    }

    [Fact]
    public async Task FitAsync_SameSeedAndRows_SameScoresToTheBit()
    {
        var rows = SyntheticRows.Create(800, seed: 3);
        var options = Small();
        options.MaxEpochs = 3;

        // Side by side, so that one training would disturb the other if they shared a generator.
        var networks = await Task.WhenAll(new NetworkTrainer(options).FitAsync(rows), new NetworkTrainer(options).FitAsync(rows));
        options.Seed = 8;
        using var other = await new NetworkTrainer(options).FitAsync(rows);

        var batch = await SyntheticRows.BatchOf(rows);
        Assert.Equal(networks[0].Predict(batch), networks[1].Predict(batch));
        Assert.NotEqual(networks[0].Predict(batch), other.Predict(batch));
        Assert.All(networks, n => n.Dispose());
    }

    [Fact]
    public async Task FitAsync_RowsCutIntoBatches_MakesNoDifference()
    {
        var whole = SyntheticRows.Create(600, seed: 4);
        var batch = await SyntheticRows.BatchOf(whole);
        var cut = new ArrowTrainingSet([batch.SliceShared(0, 101), batch.SliceShared(101, 499)], whole.Manifest.Features, SyntheticRows.Label, SyntheticRows.Time);
        var options = Small();
        options.MaxEpochs = 2;

        using var a = await new NetworkTrainer(options).FitAsync(whole);
        using var b = await new NetworkTrainer(options).FitAsync(cut);

        Assert.Equal(a.Predict(batch), b.Predict(batch));
    }

    [Fact]
    public async Task FitAsync_LossStopsFalling_KeepsTheBestEpoch()
    {
        var options = Small();
        options.MaxEpochs = 200;
        options.EarlyStoppingPatience = 3;
        options.LearningRate = 0.03;
        options.Dropout = 0;
        using var network = await new NetworkTrainer(options).FitAsync(SyntheticRows.Create(500, seed: 5));

        var best = network.History.MinBy(e => e.ValidationLoss)!;
        Assert.True(network.History.Count < 200);
        Assert.Equal(best.Epoch, network.BestEpoch);
        Assert.Equal(best.Epoch + 3, network.History.Count);

        // The weights in hand are those of that epoch: their loss on the validation rows is the one reported.
        var rows = SyntheticRows.Create(500, seed: 5);
        var batch = await SyntheticRows.BatchOf(rows);
        var scores = network.Predict(batch)[network.TrainingCount..];
        var labels = ((FloatArray)batch.Column(SyntheticRows.Label)).Values[network.TrainingCount..].ToArray().Select(l => (byte)l).ToArray();
        Assert.Equal(best.ValidationLoss!.Value, BinaryClassificationMetrics.Compute(scores, labels).LogLoss, 1e-5);
    }

    [Fact]
    public async Task FitAsync_LaterRows_AreNotLearnedFrom()
    {
        // The last fifth holds a category and a scale that the first rows never show.
        var count = 500;
        var rows = new Rows()
            .Float32("x", [.. Enumerable.Range(0, count).Select(i => (float?)(i < 400 ? i % 7 : 1e6f))])
            .Text("c", [.. Enumerable.Range(0, count).Select(i => i < 400 ? "early" : "late")])
            .Label("y", [.. Enumerable.Range(0, count).Select(i => (i % 7) > 3)])
            .Set("y");
        var options = Small();
        options.MaxEpochs = 1;

        using var network = await new NetworkTrainer(options).FitAsync(rows);

        Assert.Equal(400, network.TrainingCount);
        Assert.Equal(["early"], network.Encoding.Categories[0].Texts);
        Assert.InRange(network.Encoding.Numbers[0].Centre, 0, 6);
    }

    [Fact]
    public async Task FitAsync_NoValidationShare_RunsAllEpochs()
    {
        var options = Small();
        options.ValidationShare = 0;
        options.MaxEpochs = 4;
        using var network = await new NetworkTrainer(options).FitAsync(SyntheticRows.Create(300, seed: 6));

        Assert.Equal(4, network.History.Count);
        Assert.Equal(4, network.BestEpoch);
        Assert.All(network.History, e => Assert.Null(e.ValidationLoss));
    }

    [Fact]
    public async Task FitAsync_Progress_ReportsEveryEpoch()
    {
        var seen = new List<TrainingProgress>();
        var options = Small();
        options.MaxEpochs = 3;
        using var network = await new NetworkTrainer(options).FitAsync(SyntheticRows.Create(300, seed: 6), progress: new Recorder(seen));

        Assert.Equal([1, 2, 3], seen.Select(p => p.Epoch));
        Assert.All(seen, p => Assert.InRange(p.TrainingLoss!.Value, 0.1, 2));
    }

    [Fact]
    public async Task FitAsync_Cancelled_Stops()
    {
        using var source = new CancellationTokenSource();
        var options = Small();
        options.MaxEpochs = 100_000;
        options.EarlyStoppingPatience = 100_000;
        var epochs = new List<TrainingProgress>();

        await Assert.ThrowsAnyAsync<OperationCanceledException>(
            () => new NetworkTrainer(options).FitAsync(SyntheticRows.Create(300, seed: 6), progress: new Recorder(epochs, p => source.Cancel()), cancellationToken: source.Token));

        Assert.Single(epochs);
    }

    [Fact]
    public async Task Predict_AfterDispose_IsRefused()
    {
        var options = Small();
        options.MaxEpochs = 1;
        var rows = SyntheticRows.Create(300, seed: 6);
        var network = await new NetworkTrainer(options).FitAsync(rows);
        network.Dispose();
        network.Dispose();

        var batch = await SyntheticRows.BatchOf(rows);
        Assert.Throws<ObjectDisposedException>(() => network.Predict(batch));
    }

    internal static NetworkOptions Small() => new() { HiddenLayers = [16, 8], BatchSize = 64, MaxEpochs = 8, Seed = 7, LearningRate = 0.005 };

    private static async Task<(float[] Scores, byte[] Labels)> ScoreAsync(TrainedNetwork network, ITrainingSet set)
    {
        var batch = await SyntheticRows.BatchOf(set);
        return (network.Predict(batch), [.. ((FloatArray)batch.Column(SyntheticRows.Label)).Values.ToArray().Select(l => (byte)l)]);
    }

    private sealed class Recorder(List<TrainingProgress> seen, Action<TrainingProgress>? then = null) : IProgress<TrainingProgress>
    {
        public void Report(TrainingProgress value)
        {
            seen.Add(value);
            then?.Invoke(value);
        }
    }
}
