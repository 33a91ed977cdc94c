using Microsoft.Extensions.Logging.Abstractions;
using Mlp.Runtime.Models;
using Mlp.TestSupport;
using Mlp.Training.Networks;
using Mlp.Training.Networks.Checkpoints;
using Mlp.Training.Networks.Layers;
using Mlp.Training.Preprocessing;

namespace Mlp.Training.Tests.Networks;

/// <summary>The loop on rows with ids, encoded by hand: what a label follows from is the ids alone, or ids and numbers.</summary>
public sealed class EmbeddedTrainingTests : IDisposable
{
    private const int RowCount = 400;
    private const int TrainingCount = 320;

    private static readonly IReadOnlyList<IdColumn> Columns = [new("shop", 7), new("street", 12)];
    private readonly TempDirectory _folder = new();

    public static TheoryData<string, int, NetworkDefinition> Definitions => new()
    {
        { "tabular input", 1, new(Layer.TabularInput(dropout: 0.1), Layer.Linear(16), Layer.Relu(), Layer.Output()) },
        { "ids alone", 0, new(Layer.Embedding(4, 12), Layer.Flatten(), Layer.Linear(16), Layer.Relu(), Layer.Output()) },
        { "bag beside numbers", 1, new(Layer.Parallel(-1, Layer.DenseInput(), Layer.Sequential(Layer.IdInput(), Layer.EmbeddingBag(8, EmbeddingBagMode.Sum, 12))), Layer.Linear(16), Layer.Relu(), Layer.Output()) },
    };

    public void Dispose() => _folder.Dispose();

    [Theory]
    [MemberData(nameof(Definitions))]
    public async Task Run_IdsDecideTheLabel_AreLearned(string name, int width, NetworkDefinition definition)
    {
        using var network = LayeredNetwork.Build(definition, width, Columns, 1, seed: 3);
        using var training = await TrainingAsync(network, Options(), width);

        training.Run(null, new("", null, []), null, CancellationToken.None);

        var history = training.Position.History;
        Assert.True(history[^1].ValidationLoss < 0.5 * history[0].ValidationLoss, $"{name}: {history[0].ValidationLoss} and {history[^1].ValidationLoss}");
    }

    [Theory]
    [MemberData(nameof(Definitions))]
    public async Task GoTo_StoppedAtAStep_EndsWithTheSameBits(string name, int width, NetworkDefinition definition)
    {
        using var whole = LayeredNetwork.Build(definition, width, Columns, 1, seed: 3);
        using (var training = await TrainingAsync(whole, Options(), width))
        {
            training.Run(null, new("", null, []), null, CancellationToken.None);
        }

        var (stopping, path) = (Options(), _folder.Combine("checkpoints"));
        (stopping.Checkpoints.Directory, stopping.Checkpoints.EverySteps) = (path, 7);
        stopping.Callbacks.Add(new FailAt(40));
        using (var first = LayeredNetwork.Build(definition, width, Columns, 1, seed: 3))
        using (var training = await TrainingAsync(first, stopping, width))
        {
            using var folder = new CheckpointFolder(Mlp.Runtime.Storage.DiskSync.Instance, stopping.Checkpoints, isGreaterBetter: false);
            Assert.Throws<InvalidTimeZoneException>(() => training.Run(folder, new("", null, []), null, CancellationToken.None));
        }

        using var second = LayeredNetwork.Build(definition, width, Columns, 1, seed: 99);
        using (var training = await TrainingAsync(second, Options(), width))
        {
            var (checkpoint, file) = CheckpointFolder.Find(path, NullLogger.Instance)!.Value;
            training.GoTo(checkpoint, file);
            Assert.True(training.Position.Step >= 35, name);
            training.Run(null, new("", null, []), null, CancellationToken.None);
        }

        Assert.All(whole.Parameters.Zip(second.Parameters), p => Assert.True(p.First.Value.bytes.SequenceEqual(p.Second.Value.bytes), $"{name} {p.First.Key}"));
    }

    [Fact]
    public async Task Gather_RowsWithIds_AreThoseOfTheRows()
    {
        var (encoded, targets, _) = await RowsAsync(1);
        using var batch = new TrainingBatch(4, 1, 2, isClasses: false, hasWeights: false);

        batch.Gather(encoded, targets, [9, 3, 250]);

        using var ids = batch.Ids!;
        Assert.Equal([3L, 2], ids.shape);
        Assert.Equal([9 % 7, 7 + (9 % 5), 3, 10, 250 % 7, 7], InputBatch.Integers(ids).ToArray());
        batch.Copy(encoded, targets, 10, 2, 1);
        using var one = batch.Ids!;
        Assert.Equal([12 % 7, 7 + (12 % 5)], InputBatch.Integers(one).ToArray());
    }

    private static NetworkOptions Options() => new() { Task = ModelTask.Regression, BatchSize = 32, MaxEpochs = 12, EarlyStoppingPatience = 12, LearningRate = 0.02, Seed = 3 };

    private static async Task<NetworkTraining> TrainingAsync(LayeredNetwork network, NetworkOptions options, int width)
    {
        var settings = NetworkSettings.From(options);
        var (encoded, training, validation) = await RowsAsync(width);
        return new(
            network,
            settings,
            new MemoryBatches(encoded, training, settings.Options),
            new NetworkValidation(settings, encoded, TrainingCount, validation, new TargetScale(1, 0), 32, outputs: 1),
            NullLogger.Instance,
            TimeProvider.System);
    }

    private static async Task<(EncodedRows Rows, TrainingTargets Training, TrainingTargets Validation)> RowsAsync(int width)
    {
        Mlp.Training.Interop.Torch.EnsureLoaded();
        var rows = Enumerable.Range(0, RowCount).ToArray();
        var set = new Rows().Float32("x", [.. rows.Select(i => (float?)i)]).Label("y", [.. rows.Select(i => (float)Math.Sin(i % 7 * 5) + (i % 5 % 2))]).Set("y");
        var labelled = await LabelledRows.ReadAsync(set, set.Manifest.Features, RowReading.Numbers, CancellationToken.None);
        var numbers = width == 0 ? [] : rows.Select(i => i % 11 / 11f).ToArray();
        var encoded = new EncodedRows(RowCount, numbers, width, [], 0, width, [.. rows.SelectMany(i => new[] { i % 7, 7 + (i % 5) })], 2);
        var scale = new TargetScale(1, 0);
        return (encoded, TrainingTargets.Of(labelled, 0, TrainingCount, scale, []), TrainingTargets.Of(labelled, TrainingCount, RowCount - TrainingCount, scale, []));
    }

    private sealed class FailAt(long step) : INetworkCallback
    {
        public void StepEnded(in NetworkStep at, NetworkTrainingControl control)
        {
            if (at.Step == step)
            {
                throw new InvalidTimeZoneException();
            }
        }
    }
}
