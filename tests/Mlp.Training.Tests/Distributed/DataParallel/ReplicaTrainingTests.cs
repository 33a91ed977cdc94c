using Mlp.Runtime.Models;
using Mlp.Training.Networks;
using static Mlp.Training.Tests.Distributed.DataParallel.ReplicaTrainings;

namespace Mlp.Training.Tests.Distributed.DataParallel;

/// <summary>Replicas in one process against one replica with the whole batch, and against themselves.</summary>
public sealed class ReplicaTrainingTests
{
    private const int StepsPerEpoch = 10;
    private const int Epochs = 10;

    [Theory]
    [InlineData(2, false)]
    [InlineData(2, true)]
    [InlineData(3, true)]
    [InlineData(4, true)]
    public async Task FitAsync_HundredStepsOfSgd_EqualOneReplicaWithTheWholeBatch(int replicas, bool overlaps)
    {
        const int BatchSize = 20;
        var rows = SyntheticRows.Create(StepsPerEpoch * replicas * BatchSize, seed: 3);
        var whole = Options(1, replicas * BatchSize);
        var parts = Options(replicas, BatchSize);
        parts.DataParallel.Overlap = overlaps;
        using var one = await new NetworkTrainer(whole).FitAsync(rows);
        using var many = await new NetworkTrainer(parts).FitAsync(rows);

        Assert.Equal(StepsPerEpoch * Epochs, one.Steps);
        Assert.Equal(one.Steps, many.Steps);
        var (expected, found) = (WeightsOf(one), WeightsOf(many));
        Assert.True(Distance(expected, found) < 1e-6, $"{Distance(expected, found)}");
        Assert.All(one.History.Zip(many.History), e => Assert.Equal(e.First.TrainingLoss!.Value, e.Second.TrainingLoss!.Value, 1e-6));
    }

    public static TheoryData<string, Action<NetworkOptions>> Settings => new()
    {
        { "accumulation", o => o.Optimizer.AccumulationSteps = 3 },
        { "clipping", o => (o.Optimizer.ClipNorm, o.Optimizer.ClipValue) = (0.05, 0.03) },
        { "weights of classes", o => o.Loss.BalanceClasses = true },
        { "average and validation", o => (o.AverageDecay, o.ValidationShare, o.StopMetric) = (0.9, 0.3, ValidationMetric.Auc) },
        { "plateau", o => (o.ValidationShare, o.Schedule.Kind, o.Schedule.Patience, o.EarlyStoppingPatience) = (0.3, ScheduleKind.ReduceOnPlateau, 1, 3) },
        { "ids", o => o.Preprocessing.For("company").Category = Mlp.Training.Preprocessing.CategoryKind.Id },
        { "small buckets", o => (o.DataParallel.FirstBucketBytes, o.DataParallel.BucketBytes) = (4096, 4096) },
        { "stream", o => (o.Stream.IsEnabled, o.Stream.BufferRows) = (true, 90) },
        { "all decays", o => (o.WeightDecay, o.Optimizer.DecayBiasesAndNorms) = (0.1, true) },
    };

    [Theory]
    [MemberData(nameof(Settings))]
    public async Task FitAsync_AnySetting_EqualsOneReplicaWithTheWholeBatch(string name, Action<NetworkOptions> change)
    {
        // 437 rows leave uneven batches and uneven parts.
        var rows = SyntheticRows.Create(437, seed: 3);
        var (whole, parts) = (Options(1, 75), Options(3, 25));
        foreach (var options in new[] { whole, parts })
        {
            options.MaxEpochs = 4;
            change(options);
        }

        using var one = await new NetworkTrainer(whole).FitAsync(rows);
        using var many = await new NetworkTrainer(parts).FitAsync(rows);

        Assert.True(Distance(WeightsOf(one), WeightsOf(many)) < 2e-6, $"{name}: {Distance(WeightsOf(one), WeightsOf(many))}");
        Assert.Equal((one.Steps, one.BestEpoch, one.History.Count), (many.Steps, many.BestEpoch, many.History.Count));
        Assert.All(one.History.Zip(many.History), e =>
        {
            Assert.Equal(e.First.TrainingLoss!.Value, e.Second.TrainingLoss!.Value, 1e-5);
            Assert.Equal(e.First.ValidationLoss ?? 0, e.Second.ValidationLoss ?? 0, 1e-5);
            Assert.Equal(e.First.ValidationMetric ?? 0, e.Second.ValidationMetric ?? 0, 1e-5);
        });
    }

    [Theory]
    [InlineData(ModelTask.Regression)]
    [InlineData(ModelTask.Ranking)]
    public async Task FitAsync_AnyTask_EqualsOneReplicaWithTheWholeBatch(ModelTask task)
    {
        var rows = task == ModelTask.Ranking ? Ranked() : SyntheticRows.Create(437, seed: 3, isRegression: true);
        var (whole, parts) = (Options(1, 90), Options(2, 45));
        foreach (var options in new[] { whole, parts })
        {
            (options.Task, options.MaxEpochs, options.ValidationShare) = (task, 4, 0.25);
            options.GroupColumn = task == ModelTask.Ranking ? "query" : null;
            options.StopMetric = task == ModelTask.Ranking ? ValidationMetric.Ndcg : ValidationMetric.RootMeanSquaredError;
        }

        using var one = await new NetworkTrainer(whole).FitAsync(rows);
        using var many = await new NetworkTrainer(parts).FitAsync(rows);

        Assert.True(Distance(WeightsOf(one), WeightsOf(many)) < 2e-6, $"{Distance(WeightsOf(one), WeightsOf(many))}");
        Assert.All(one.History.Zip(many.History), e => Assert.Equal(e.First.ValidationMetric!.Value, e.Second.ValidationMetric!.Value, 1e-5));
    }

    [Fact]
    public async Task FitAsync_SameSeedAndReplicas_GiveTheSameBits_WithAndWithoutOverlap()
    {
        var rows = SyntheticRows.Create(500, seed: 3);
        var options = new NetworkOptions { Seed = 4, MaxEpochs = 3, BatchSize = 24, Dropout = 0.3, AverageDecay = 0.9 };
        options.DataParallel.Replicas = 3;
        var first = await FitAsync(options, rows);

        var second = await FitAsync(options, rows);
        options.DataParallel.Overlap = false;
        var third = await FitAsync(options, rows);
        options.DataParallel.Replicas = 2;
        var other = await FitAsync(options, rows);

        Assert.Equal(0, Distance(first, second));
        Assert.Equal(0, Distance(first, third));
        Assert.True(Distance(first, other) > 1e-4);
    }

    [Fact]
    public async Task FitAsync_BatchNormOfItsOwnRows_AveragesStatistics()
    {
        // With a momentum of 1 the statistics are those of the last batch: here the one batch of each epoch, whose halves' means average to its mean.
        var rows = SyntheticRows.Create(400, seed: 3);
        var (whole, parts) = (Normalised(1, 400), Normalised(2, 200));

        var (one, many) = (await FitAsync(whole, rows), await FitAsync(parts, rows));

        Assert.Equal(one["0.running_mean"], many["0.running_mean"], (a, b) => Math.Abs(a - b) < 1e-6);
        Assert.NotEqual(one["0.running_var"], many["0.running_var"]);

        static NetworkOptions Normalised(int replicas, int batchSize)
        {
            var options = Options(replicas, batchSize);
            (options.HiddenLayers, options.MaxEpochs, options.LearningRate) = (null, 1, 1e-7);
            options.Definition = new(Mlp.Training.Networks.Layers.Layer.BatchNorm(momentum: 1), Mlp.Training.Networks.Layers.Layer.Output());
            return options;
        }
    }

    private static NetworkOptions Options(int replicas, int batchSize)
    {
        var options = new NetworkOptions
        {
            HiddenLayers = [40, 30, 20],
            BatchNorm = false,
            Dropout = 0,
            BatchSize = batchSize,
            MaxEpochs = Epochs,
            Seed = 7,
            LearningRate = 0.02,
            ValidationShare = 0,
            WeightDecay = 0.001,
        };
        (options.Optimizer.Kind, options.Optimizer.Momentum) = (OptimizerKind.Sgd, 0.9);
        options.DataParallel.Replicas = replicas;
        return options;
    }

    private static Mlp.Runtime.Data.ArrowTrainingSet Ranked()
    {
        var random = new Random(5);
        var sizes = Enumerable.Range(0, 60).Select(_ => random.Next(1, 12)).ToArray();
        var queries = sizes.SelectMany((size, query) => Enumerable.Repeat((long)query, size)).ToArray();
        var x = queries.Select(_ => (float?)random.NextDouble()).ToArray();
        return new Rows()
            .Float32("x", x)
            .Float32("z", [.. queries.Select(_ => (float?)random.NextDouble())])
            .Label("gain", [.. x.Select(v => (float)(int)((v!.Value * 3) + random.NextDouble()))])
            .Other("query", new Apache.Arrow.Int64Array.Builder().AppendRange(queries).Build())
            .Set("gain");
    }
}
