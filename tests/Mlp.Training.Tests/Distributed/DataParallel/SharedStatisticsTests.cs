using Mlp.Training.Distributed.Collectives;
using Mlp.Training.Distributed.DataParallel;
using Mlp.Training.Interop;
using Mlp.Training.Networks;
using Mlp.Training.Networks.Layers;
using TorchSharp;
using static Mlp.Training.Tests.Distributed.DataParallel.ReplicaTrainings;

namespace Mlp.Training.Tests.Distributed.DataParallel;

public sealed class SharedStatisticsTests
{
    public SharedStatisticsTests() => Torch.EnsureLoaded();

    [Theory]
    [InlineData(2, 0)]
    [InlineData(3, 0)]
    [InlineData(2, 5)]
    public void Normalise_UnevenParts_EqualsBatchNormOfTheWholeBatch_ForwardAndBackward(int replicas, int width)
    {
        using var scope = torch.NewDisposeScope();
        long[] shape = width == 0 ? [11, 4] : [11, 4, width];
        using var generator = new torch.Generator(3);
        var x = torch.randn(shape, torch.float32, generator: generator).mul(3).add(100);
        var slopes = torch.randn(shape, torch.float32, generator: generator);
        var whole = x.clone().requires_grad_(true);
        var expected = torch.nn.functional.batch_norm(whole, torch.zeros(4), torch.ones(4), training: true, eps: 1e-5);
        expected.mul(slopes).sum().backward();
        var (outputs, gradients, statistics) = (new float[replicas][], new float[replicas][], new (float[] Mean, float[] Variance)[replicas]);

        ProcessGroup.RunInProcess(replicas, group =>
        {
            using var inner = torch.NewDisposeScope();
            var shard = new Shard(group.Rank, replicas);
            var (start, count) = (shard.StartOf(11), shard.EndOf(11) - shard.StartOf(11));
            var part = x.narrow(0, start, count).clone().requires_grad_(true);
            var shared = new SharedStatistics(group);
            var (normalised, mean, variance) = shared.Normalise(part, 1e-5);
            normalised.mul(slopes.narrow(0, start, count)).sum().backward();
            shared.ThrowIfFailed();
            (outputs[group.Rank], gradients[group.Rank]) = (Floats(normalised), Floats(part.grad!));
            statistics[group.Rank] = (Floats(mean.to(torch.float32)), Floats(variance.to(torch.float32)));
        });

        Assert.Equal(Floats(expected), outputs.SelectMany(o => o), (a, b) => Math.Abs(a - b) < 1e-4);
        Assert.Equal(Floats(whole.grad!), gradients.SelectMany(g => g), (a, b) => Math.Abs(a - b) < 1e-5);
        var rows = x.transpose(1, -1).reshape(-1, 4).to(torch.float64);
        Assert.All(statistics, s => Assert.Equal(Floats(rows.mean([0]).to(torch.float32)), s.Mean, (a, b) => Math.Abs(a - b) < 1e-4));
        Assert.All(statistics, s => Assert.Equal(Floats(rows.var(0).to(torch.float32)), s.Variance, (a, b) => Math.Abs(a - b) < 1e-3));
    }

    [Fact]
    public async Task FitAsync_SyncBatchNorm_EqualsOneReplicaWithTheWholeBatch()
    {
        var rows = SyntheticRows.Create(600, seed: 3);
        var (whole, parts, apart) = (Options(1, 90), Options(3, 30), Options(3, 30));
        parts.DataParallel.SyncBatchNorm = true;

        var (one, many, other) = (await FitAsync(whole, rows), await FitAsync(parts, rows), await FitAsync(apart, rows));

        Assert.True(Distance(one, many) < 2e-5, $"{Distance(one, many)}");
        Assert.True(Distance(one, other) > 1e-3, $"{Distance(one, other)}");
    }

    [Fact]
    public async Task FitAsync_SyncBatchNormInFloat16_AnOverflowOnOneReplicaIsLeftOutByAll()
    {
        var steps = new List<NetworkStep>();
        var options = Faulty(x => x.mul(1e30f), steps);
        options.Precision = NetworkPrecision.Float16;
        using var network = await new NetworkTrainer(options).FitAsync(SyntheticRows.Create(600, seed: 3));

        // Passes 10 to 12 are those of the fourth step.
        Assert.Equal([4L], steps.Where(s => s.IsSkipped).Select(s => s.Step));
        Assert.All(network.History, e => Assert.True(e.TrainingLoss < 1));
    }

    [Fact]
    public async Task FitAsync_SyncBatchNorm_FailureOfOneReplicaEndsAll()
        => await Assert.ThrowsAsync<InvalidTimeZoneException>(
            () => new NetworkTrainer(Faulty(_ => throw new InvalidTimeZoneException(), [])).FitAsync(SyntheticRows.Create(600, seed: 3)));

    [Fact]
    public async Task FitAsync_SyncBatchNorm_DivergenceOnOneReplicaIsFoundWithoutTheOthers()
    {
        var error = await Assert.ThrowsAsync<TrainingDivergedException>(() => new NetworkTrainer(Faulty(x => x.mul(1e30f).mul(1e30f), [])).FitAsync(SyntheticRows.Create(600, seed: 3)));

        Assert.Equal(4, error.Step);
    }

    private static NetworkOptions Faulty(Func<torch.Tensor, torch.Tensor> fault, List<NetworkStep> steps)
    {
        var options = Options(3, 30);
        var count = new int[1];
        options.HiddenLayers = null;
        options.Definition = new(Layer.Linear(8), Layer.BatchNorm(), Layer.UserModule("Faulty", () => new FaultyModule(count, 11, fault)), Layer.Output());
        options.DataParallel.SyncBatchNorm = true;
        options.Callbacks.Add(new StepList(steps));
        return options;
    }

    private sealed class StepList(List<NetworkStep> steps) : INetworkCallback
    {
        public void StepEnded(in NetworkStep step, NetworkTrainingControl control) => steps.Add(step);
    }

    private static NetworkOptions Options(int replicas, int batchSize)
    {
        var options = new NetworkOptions { HiddenLayers = [20, 10], Dropout = 0, BatchSize = batchSize, MaxEpochs = 4, Seed = 7, LearningRate = 0.02, ValidationShare = 0.2 };
        (options.Optimizer.Kind, options.DataParallel.Replicas) = (OptimizerKind.Sgd, replicas);
        return options;
    }

    private static float[] Floats(torch.Tensor tensor) => FlatParameters.Floats(tensor.detach().contiguous()).ToArray();
}
