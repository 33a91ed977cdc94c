using Mlp.Runtime.Models;
using Mlp.TestSupport;
using Mlp.Training.Networks;

namespace Mlp.Training.Tests.Networks;

/// <summary>What the loop does with its settings, seen from outside: by the weights that come out.</summary>
public sealed class NetworkTrainingTests
{
    [Fact]
    public async Task FitAsync_Accumulation_EqualsBatchesOfThatSize()
    {
        // Without BatchNorm and dropout, two batches of 50 rows give the gradient of one of 100.
        var (whole, halves) = (Plain(), Plain());
        (whole.BatchSize, halves.BatchSize, halves.Optimizer.AccumulationSteps) = (100, 50, 2);

        var (a, b) = (await PredictAsync(whole), await PredictAsync(halves));

        Assert.All(a.Zip(b), p => Assert.Equal(p.First, p.Second, 1e-4f));
    }

    [Theory]
    [InlineData(0)]
    [InlineData(1)]
    [InlineData(7)]
    public async Task FitAsync_BatchesAhead_MakeNoDifference(int ahead)
    {
        var (options, other) = (Plain(), Plain());
        other.PrefetchBatches = ahead;

        Assert.Equal(await PredictAsync(options), await PredictAsync(other));
    }

    [Fact]
    public async Task FitAsync_ClipNorm_KeepsSgdStepsWithinRateTimesNorm()
    {
        var options = Plain();
        (options.Optimizer.Kind, options.Optimizer.Momentum, options.Optimizer.ClipNorm, options.LearningRate, options.WeightDecay) = (OptimizerKind.Sgd, 0, 1e-6, 1, 0);
        var steps = new StepRecorder();
        options.Callbacks.Add(steps);
        var untrained = Plain();
        (untrained.LearningRate, untrained.Optimizer.Kind, untrained.MaxEpochs, untrained.Optimizer.ClipNorm) = (1e-7, OptimizerKind.Sgd, 1, 1e-6);

        var (clipped, first) = (await PredictAsync(options), await PredictAsync(untrained));

        Assert.All(steps.Steps, s => Assert.True(s.GradientNorm > 1e-4));
        Assert.All(clipped.Zip(first), p => Assert.Equal(p.First, p.Second, 1e-3f));
    }

    [Fact]
    public async Task FitAsync_Average_IsWhatTheAverageOfTheStepsGives()
    {
        // With nearly all of the average kept the weights are close to the first ones, for which the score is near ½.
        var (plain, averaged) = (Plain(), Plain());
        (plain.MaxEpochs, averaged.MaxEpochs, averaged.AverageDecay) = (1, 1, 0.999999);
        (plain.ValidationShare, averaged.ValidationShare) = (0, 0);

        var (a, b) = (await PredictAsync(plain), await PredictAsync(averaged));

        Assert.NotEqual(a, b);
        Assert.True(Spread(b) < Spread(a), $"{Spread(b)} and {Spread(a)}");
    }

    [Fact]
    public async Task FitAsync_Schedule_ReachesTheSteps()
    {
        var options = Plain();
        (options.Schedule.Kind, options.Schedule.Factor, options.Schedule.WarmUpSteps, options.MaxEpochs) = (ScheduleKind.Exponential, 0.5, 2, 3);
        var steps = new StepRecorder();
        options.Callbacks.Add(steps);

        await PredictAsync(options);

        var perEpoch = steps.Steps.Count / 3;
        Assert.Equal(options.LearningRate / 2, steps.Steps[0].LearningRate, 1e-12);
        Assert.Equal(options.LearningRate, steps.Steps[2].LearningRate, 1e-12);
        Assert.Equal(options.LearningRate / 4, steps.Steps[^1].LearningRate, 1e-12);
        Assert.Equal(Enumerable.Range(1, 3 * perEpoch).Select(i => (long)i), steps.Steps.Select(s => s.Step));
        Assert.Equal([1, 2, 3], steps.Epochs);
        Assert.Equal([1, 2, 3], steps.EndedEpochs);
    }

    [Fact]
    public async Task FitAsync_CallbackStops_ValidatesAndKeepsTheBest()
    {
        var options = Plain();
        options.Callbacks.Add(new StopAfter(5));
        using var network = await new NetworkTrainer(options).FitAsync(SyntheticRows.Create(600, seed: 4));

        Assert.Equal(5, network.Steps);
        Assert.Single(network.History);
        Assert.NotNull(network.History[0].ValidationLoss);
    }

    [Fact]
    public async Task FitAsync_CallbackThrows_ReachesTheCaller()
    {
        var options = Plain();
        options.Callbacks.Add(new StopAfter(2, new InvalidTimeZoneException()));

        await Assert.ThrowsAsync<InvalidTimeZoneException>(() => new NetworkTrainer(options).FitAsync(SyntheticRows.Create(600, seed: 4)));
    }

    [Theory]
    [InlineData(NetworkPrecision.BFloat16, 0.05f)]
    [InlineData(NetworkPrecision.Float16, 0.02f)]
    public async Task FitAsync_MixedPrecision_IsCloseToFloat32AndNotEqual(NetworkPrecision precision, float tolerance)
    {
        var (full, mixed) = (Plain(), Plain());
        mixed.Precision = precision;

        var (a, b) = (await PredictAsync(full), await PredictAsync(mixed));

        Assert.NotEqual(a, b);
        Assert.All(a.Zip(b), p => Assert.Equal(p.First, p.Second, tolerance));
    }

    [Fact]
    public async Task FitAsync_ValidationGiven_DecidesAndIsNotLearnedFrom()
    {
        var options = Plain();
        options.MaxEpochs = 2;
        var rows = SyntheticRows.Create(500, seed: 4);

        using var network = await new NetworkTrainer(options).FitAsync(rows, SyntheticRows.Create(300, seed: 9));

        Assert.Equal(500, network.TrainingCount);
        Assert.All(network.History, e => Assert.InRange(e.ValidationLoss!.Value, 0.2, 1));
    }

    [Fact]
    public async Task FitAsync_StopMetric_IsReportedAndDecides()
    {
        var options = Plain();
        (options.StopMetric, options.MaxEpochs, options.EarlyStoppingPatience, options.LearningRate) = (ValidationMetric.Auc, 60, 2, 0.02);
        using var network = await new NetworkTrainer(options).FitAsync(SyntheticRows.Create(600, seed: 4));

        Assert.Equal(network.History.MaxBy(e => e.ValidationMetric)!.Epoch, network.BestEpoch);
        Assert.Equal(network.BestEpoch + 2, network.History.Count);
        Assert.All(network.History, e => Assert.InRange(e.ValidationMetric!.Value, 0.5, 1));
    }

    [Fact]
    public async Task FitAsync_MinimumImprovement_StopsEarlierThanAnyImprovement()
    {
        var options = Plain();
        (options.MaxEpochs, options.EarlyStoppingPatience, options.MinimumImprovement) = (50, 2, 10);
        using var network = await new NetworkTrainer(options).FitAsync(SyntheticRows.Create(600, seed: 4));

        // The first epoch counts; no later one is better by 10, yet the best of the three is kept.
        Assert.Equal(3, network.History.Count);
        Assert.Equal(network.History.MinBy(e => e.ValidationLoss)!.Epoch, network.BestEpoch);
    }

    [Theory]
    [InlineData(ModelTask.BinaryClassification)]
    [InlineData(ModelTask.Ranking)]
    public async Task FitAsync_AccumulationOfAllRows_IsTheGradientOfAll(ModelTask task)
    {
        // Groups of very different size: a batch of many rows may have few pairs.
        var groups = new[] { 2, 30, 3, 2, 25, 2, 2, 14 }.SelectMany((size, g) => Enumerable.Repeat((long)g, size)).ToArray();
        var random = new SeededRandom(5);
        var x = groups.Select(_ => (float)random.NextDouble()).ToArray();
        var labels = x.Select(v => (float)Math.Round(task == ModelTask.Ranking ? (2 * v) + random.NextDouble() : random.NextDouble())).ToArray();
        var set = new Rows().Float32("x", [.. x.Select(v => (float?)v)]).Label("y", labels).Other("g", new Apache.Arrow.Int64Array.Builder().AppendRange(groups).Build()).Set("y");
        async Task<float[]> StepAsync(int accumulation)
        {
            var options = new NetworkOptions { Task = task, HiddenLayers = [], MaxEpochs = 1, ValidationShare = 0, LearningRate = 0.5, WeightDecay = 0, GroupColumn = task == ModelTask.Ranking ? "g" : null };
            (options.Optimizer.Kind, options.Optimizer.Momentum, options.Optimizer.AccumulationSteps, options.BatchSize) = (OptimizerKind.Sgd, 0, accumulation, groups.Length / accumulation);
            using var network = await new NetworkTrainer(options).FitAsync(set);
            Assert.Equal(1, network.Steps);
            return network.Predict(await SyntheticRows.BatchOf(set));
        }

        Assert.All((await StepAsync(1)).Zip(await StepAsync(4)), p => Assert.Equal(p.First, p.Second, 1e-5f));
    }

    [Fact]
    public async Task Predict_DisposedOfMeanwhile_EndsOrSaysSo()
    {
        var rows = SyntheticRows.Create(500, seed: 4);
        var batch = await SyntheticRows.BatchOf(rows);
        for (var round = 0; round < TestRounds.Count; round++)
        {
            var network = await new NetworkTrainer(new NetworkOptions { HiddenLayers = [64], MaxEpochs = 1, Seed = round }).FitAsync(rows);
            using var begun = new CountdownEvent(3);
            var scoring = Enumerable.Range(0, 3).Select(_ => Task.Factory.StartNew(
                () =>
                {
                    network.Predict(batch);
                    begun.Signal();
                    while (true)
                    {
                        network.Predict(batch);
                    }
                },
                TaskCreationOptions.LongRunning)).ToArray();
            begun.Wait();
            network.Dispose();

            foreach (var task in scoring)
            {
                await Assert.ThrowsAsync<ObjectDisposedException>(() => task);
            }
        }
    }

    private static float Spread(float[] scores) => scores.Max() - scores.Min();

    private static NetworkOptions Plain() => new() { HiddenLayers = [16], BatchNorm = false, Dropout = 0, BatchSize = 50, MaxEpochs = 3, Seed = 7, LearningRate = 0.005 };

    private static async Task<float[]> PredictAsync(NetworkOptions options)
    {
        var rows = SyntheticRows.Create(500, seed: 4);
        using var network = await new NetworkTrainer(options).FitAsync(rows);
        return network.Predict(await SyntheticRows.BatchOf(rows));
    }

    private sealed class StepRecorder : INetworkCallback
    {
        public List<NetworkStep> Steps { get; } = [];

        public List<int> Epochs { get; } = [];

        public List<int> EndedEpochs { get; } = [];

        public void EpochBegun(int epoch, NetworkTrainingControl control) => Epochs.Add(epoch);

        public void StepEnded(in NetworkStep step, NetworkTrainingControl control) => Steps.Add(step);

        public void EpochEnded(TrainingProgress progress, NetworkTrainingControl control) => EndedEpochs.Add(progress.Epoch);
    }

    private sealed class StopAfter(long step, Exception? error = null) : INetworkCallback
    {
        public void StepEnded(in NetworkStep at, NetworkTrainingControl control)
        {
            if (at.Step == step)
            {
                control.Stop();
                if (error is not null)
                {
                    throw error;
                }
            }
        }
    }
}
