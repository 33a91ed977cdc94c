using Mlp.Runtime.Data;
using Mlp.Runtime.Models;
using Mlp.Training.Networks;
using Mlp.Training.Preprocessing;

namespace Mlp.Training.Tests.Networks.Streams;

public sealed class StreamedTrainingTests
{
    [Fact]
    public async Task FitAsync_SameSeed_GivesTheSameWeightsWhateverTheBatchesOfTheSet()
    {
        var rows = SyntheticRows.Create(600, seed: 4);
        var batch = await SyntheticRows.BatchOf(rows);
        var parts = new ArrowTrainingSet(
            [.. Enumerable.Range(0, 6).Select(i => batch.SliceShared(i * 100, 100))], rows.Manifest.Features, SyntheticRows.Label, SyntheticRows.Time);

        using var whole = await new NetworkTrainer(Options()).FitAsync(rows);
        using var again = await new NetworkTrainer(Options(o => o.PrefetchBatches = 0)).FitAsync(parts);
        using var other = await new NetworkTrainer(Options(o => o.Seed = 8)).FitAsync(rows);

        Assert.Equal(whole.Predict(batch), again.Predict(batch));
        Assert.NotEqual(whole.Predict(batch), other.Predict(batch));
    }

    [Fact]
    public async Task FitAsync_SampleIsAllRows_LearnsWhatItLearnsFromMemory()
    {
        // Only the order of rows differs.
        var rows = SyntheticRows.Create(2000, seed: 4);
        using var streamed = await new NetworkTrainer(Options(o => o.MaxEpochs = 20)).FitAsync(rows);
        using var inMemory = await new NetworkTrainer(Options(o => (o.MaxEpochs, o.Stream.IsEnabled) = (20, false))).FitAsync(rows);

        Assert.Equal((1600, 1600L), (streamed.TrainingCount, streamed.TrainedRowCount));
        Assert.Equal(inMemory.Encoding.Numbers, streamed.Encoding.Numbers);
        Assert.Equal(inMemory.History.Min(h => h.ValidationLoss)!.Value, streamed.History.Min(h => h.ValidationLoss)!.Value, 0.02);
    }

    [Theory]
    [InlineData(ModelTask.Regression)]
    [InlineData(ModelTask.BinaryClassification)]
    public async Task Export_OfAStream_IsProvedOnValidationRows(ModelTask task)
    {
        using var network = await new NetworkTrainer(Options(o => (o.Task, o.Stream.SampleRows) = (task, 200))).FitAsync(SyntheticRows.Create(1000, seed: 4, isRegression: task == ModelTask.Regression));

        var model = network.Export();

        Assert.Equal((200, 800L), (network.TrainingCount, network.TrainedRowCount));
        Assert.Equal(200, model.ExportProof.RowCount);
        Assert.InRange(model.ExportProof.MaximumDifference, 0, 1e-5);
    }

    [Fact]
    public async Task FitAsync_ClassesAndWeights_AreThoseOfTheWholeStream()
    {
        // The class "rare" is in 7 of 4,000 training rows, mostly outside the sample; times and weights are the rows' own.
        var set = new GeneratedRows(5000, row => row % 600 == 1 ? "rare" : GeneratedRows.Number(row) > 0 ? "yes" : "no");
        var options = Options(o => (o.Task, o.Loss.BalanceClasses, o.Stream.SampleRows, o.MaxEpochs) = (ModelTask.MulticlassClassification, true, 20, 2));

        using var network = await new NetworkTrainer(options).FitAsync(set);

        Assert.Equal(["no", "rare", "yes"], network.ClassNames);
        Assert.Equal(4000, network.TrainedRowCount);

        // One survey, one sample, and one read per epoch.
        Assert.Equal(4, set.Reads);
    }

    [Fact]
    public async Task FitAsync_ValidationGiven_DecidesAndAllRowsOfTheStreamTrain()
    {
        using var network = await new NetworkTrainer(Options()).FitAsync(SyntheticRows.Create(500, seed: 4), SyntheticRows.Create(300, seed: 9));

        Assert.Equal(500, network.TrainedRowCount);
        Assert.All(network.History, e => Assert.InRange(e.ValidationLoss!.Value, 0.1, 1));
    }

    [Fact]
    public async Task FitAsync_Cancelled_EndsWhileReading()
    {
        using var source = new CancellationTokenSource();
        var options = Options();
        options.Callbacks.Add(new CancelAt(3, source));

        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => new NetworkTrainer(options).FitAsync(new GeneratedRows(5000), cancellationToken: source.Token));
    }

    [Fact]
    public void Options_RankingFromAStream_IsRefused()
    {
        var error = Assert.Throws<ArgumentException>(() => new NetworkTrainer(Options(o => (o.Task, o.GroupColumn) = (ModelTask.Ranking, "group"))));

        Assert.StartsWith("NetworkOptions.Stream.IsEnabled must be false for Ranking, whose groups stay together, but is true.", error.Message, StringComparison.Ordinal);
    }

    private static NetworkOptions Options(Action<NetworkOptions>? change = null)
    {
        var options = new NetworkOptions { HiddenLayers = [16], Dropout = 0.1, BatchSize = 50, MaxEpochs = 3, Seed = 7, LearningRate = 0.005 };
        (options.Stream.IsEnabled, options.Stream.BufferRows, options.Stream.SampleRows) = (true, 120, 10_000);
        change?.Invoke(options);
        return options;
    }

    private sealed class CancelAt(long step, CancellationTokenSource source) : INetworkCallback
    {
        public void StepEnded(in NetworkStep at, NetworkTrainingControl control)
        {
            if (at.Step == step)
            {
                source.Cancel();
            }
        }
    }
}
