using Mlp.Training.Interop;
using Mlp.Training.Networks;
using Mlp.Training.Networks.Checkpoints;
using Mlp.Training.Networks.Layers;
using TorchSharp;

namespace Mlp.Training.Tests.Networks;

public sealed class TrainingStateTests
{
    private static readonly CheckpointIdentity Identity = new("data", null, new(StringComparer.Ordinal));

    public TrainingStateTests() => Torch.EnsureLoaded();

    [Fact]
    public void Restore_ScheduleAndLossScaleAwayFromTheirBeginning_GoOnThere()
    {
        using var network = new LinearNetwork(1, 1, 0.5f);
        using var parameters = new FlatParameters(network, decaysVectors: true);
        using var optimizer = FlatOptimizer.Create(parameters, new(), 0, isNative: false);
        LearningRateSchedule Schedule() => new(new() { Kind = ScheduleKind.ReduceOnPlateau, Factor = 0.5, Patience = 2 }, 0.1, stepsPerEpoch: 4, epochs: 9);
        var (schedule, scaler) = (Schedule(), new GradientScaler { Scale = 1024, GoodSteps = 7, SkippedSteps = 3 });
        foreach (var isBetter in new[] { true, false, false, false, false })
        {
            schedule.EpochEnded(isBetter);
        }

        var captured = new TrainingState(network, parameters, optimizer, schedule, scaler, averages: false, validates: false).Capture(Identity, metric: null);
        var (laterSchedule, laterScaler) = (Schedule(), new GradientScaler());
        new TrainingState(network, parameters, optimizer, laterSchedule, laterScaler, averages: false, validates: false).Restore(captured, "file");

        Assert.Equal((0.5, 1), (laterSchedule.PlateauFactor, laterSchedule.PlateauEpochs));
        Assert.Equal((1024, 7, 3), (laterScaler.Scale, laterScaler.GoodSteps, laterScaler.SkippedSteps));
        laterSchedule.EpochEnded(false);
        laterSchedule.EpochEnded(false);
        Assert.Equal(0.025, laterSchedule.At(0), 1e-12);
    }

    [Fact]
    public void Average_RunningStatistics_AreAveragedLikeWeights()
    {
        using var network = Normalised();
        using var parameters = new FlatParameters(network, decaysVectors: true);
        var average = new NetworkWeights(parameters, network.Buffers);
        var mean = network.Buffers.ToList().FindIndex(b => b.Key.EndsWith("running_mean", StringComparison.Ordinal));
        var count = network.Buffers.ToList().FindIndex(b => b.Value.dtype == torch.int64);
        FlatParameters.Floats(network.Buffers[mean].Value).Fill(8);
        var weight = average.Weights[0];
        parameters.WeightValues[0] = weight + 4;

        average.Average(parameters, network.Buffers, 0.75f);

        Assert.Equal(weight + 1, average.Weights[0], 1e-6f);
        Assert.All(System.Runtime.InteropServices.MemoryMarshal.Cast<byte, float>(average.Buffers[mean].AsSpan()).ToArray(), v => Assert.Equal(2f, v, 1e-6f));
        Assert.True(count < 0 || average.Buffers[count].AsSpan().SequenceEqual(network.Buffers[count].Value.bytes));
    }

    [Fact]
    public void GiveBack_AfterAPass_MakesItRepeatable()
    {
        using var scope = torch.NewDisposeScope();
        using var network = Normalised();
        network.Train();
        using var gradients = torch.no_grad();
        var x = torch.linspace(-1, 1, 40).reshape(20, 2);
        var state = new ForwardState(network, keepsBuffers: true);
        state.Take();
        var before = network.Buffers.Select(b => b.Value.bytes.ToArray()).ToList();

        var first = FlatParameters.Floats(network.Forward(x, null).contiguous()).ToArray();
        Assert.Contains(Enumerable.Range(0, before.Count), i => !before[i].AsSpan().SequenceEqual(network.Buffers[i].Value.bytes));
        state.GiveBack();

        Assert.All(Enumerable.Range(0, before.Count), i => Assert.True(before[i].AsSpan().SequenceEqual(network.Buffers[i].Value.bytes)));
        Assert.Equal(first, FlatParameters.Floats(network.Forward(x, null).contiguous()).ToArray());
        Assert.NotEqual(first, FlatParameters.Floats(network.Forward(x, null).contiguous()).ToArray());
    }

    private static LayeredNetwork Normalised() => LayeredNetwork.Build(new(Layer.Linear(6), Layer.BatchNorm(), Layer.Dropout(0.5), Layer.Output()), 2, [], 1, seed: 3);
}
