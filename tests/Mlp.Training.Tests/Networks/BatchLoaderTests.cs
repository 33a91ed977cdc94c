using Mlp.Runtime.Models;
using Mlp.Training.Interop;
using Mlp.Training.Networks;
using Mlp.Training.Preprocessing;

namespace Mlp.Training.Tests.Networks;

public sealed class BatchLoaderTests
{
    private const int Epochs = 3;

    private static readonly NetworkOptions Options = new() { Task = ModelTask.Regression, BatchSize = 10, Seed = 7 };

    public BatchLoaderTests() => Torch.EnsureLoaded();

    [Theory]
    [InlineData(0)]
    [InlineData(1)]
    [InlineData(5)]
    public async Task Take_AnyNumberAhead_HandsOutTheSameBatches(int ahead)
    {
        var (rows, targets) = await RowsAsync(103);
        var order = new BatchOrder(103, [], 10, 7);
        using var loader = new BatchLoader(new MemoryBatches(rows, targets, Options), accumulation: 3, ahead, epoch: 1, index: 0, Epochs);

        for (var epoch = 1; epoch <= Epochs; epoch++)
        {
            var plan = order.For(epoch);
            for (var index = 0; index < order.BatchCount; index++)
            {
                var batch = loader.Take(CancellationToken.None);
                using var dense = batch.Dense;
                using var target = batch.Target;
                Assert.Equal((epoch, index), (batch.Epoch, batch.Index));
                Assert.Equal(plan.CountOf(index / 3 * 3, Math.Min((index / 3 * 3) + 3, order.BatchCount)), batch.StepRows);
                Assert.Equal(plan.Of(index).ToArray().Select(r => (float)r), FlatParameters.Floats(target).ToArray());
                Assert.Equal(plan.Of(index).ToArray(), batch.Rows.Take(batch.Count));
                var expected = new float[batch.Count * rows.Width];
                rows.Gather(plan.Of(index), expected);
                Assert.Equal(expected, FlatParameters.Floats(dense!).ToArray());
            }
        }

        Assert.Equal("Expected another batch, but the last epoch is over.", Assert.Throws<InvalidOperationException>(() => loader.Take(CancellationToken.None)).Message);
    }

    [Fact]
    public async Task Take_FromTheMiddle_GoesOnThere()
    {
        var (rows, targets) = await RowsAsync(40);
        var order = new BatchOrder(40, [], 10, 7);
        using var loader = new BatchLoader(new MemoryBatches(rows, targets, Options), accumulation: 1, ahead: 2, epoch: 2, index: 3, Epochs);

        var batch = loader.Take(CancellationToken.None);

        Assert.Equal((2, 3), (batch.Epoch, batch.Index));
        Assert.Equal(order.For(2).Of(3).ToArray(), batch.Rows.Take(batch.Count));
        Assert.Equal((3, 0), (loader.Take(CancellationToken.None).Epoch, batch.Index - 3));
    }

    [Fact]
    public async Task Take_GatheringFails_ThrowsThere()
    {
        var (few, _) = await RowsAsync(5);
        var (_, targets) = await RowsAsync(20);
        using var loader = new BatchLoader(new MemoryBatches(few, targets, Options), accumulation: 1, ahead: 2, epoch: 1, index: 0, Epochs);

        Assert.ThrowsAny<ArgumentException>(() => loader.Take(CancellationToken.None));
    }

    [Theory]
    [InlineData(0)]
    [InlineData(2)]
    public async Task Take_SourceTimesOut_ThrowsThere(int ahead)
    {
        // A stream's own cancellation, HttpClient's timeout for one, is not the end of the loader.
        using var loader = new BatchLoader(new TimingOut(), accumulation: 1, ahead, epoch: 1, index: 0, Epochs);

        var taking = Task.Run(() => loader.Take(CancellationToken.None)).WaitAsync(TimeSpan.FromMinutes(1));

        Assert.Equal("The request timed out.", (await Assert.ThrowsAsync<TaskCanceledException>(() => taking)).Message);
    }

    [Fact]
    public async Task Take_Cancelled_Ends()
    {
        var (rows, targets) = await RowsAsync(20);
        using var loader = new BatchLoader(new MemoryBatches(rows, targets, Options), accumulation: 1, ahead: 2, epoch: 1, index: 0, Epochs);

        Assert.ThrowsAny<OperationCanceledException>(() => loader.Take(new CancellationToken(canceled: true)));
    }

    private static async Task<(EncodedRows Rows, TrainingTargets Targets)> RowsAsync(int count)
    {
        var set = new Rows()
            .Float32("x", [.. Enumerable.Range(0, count).Select(i => (float?)i)])
            .Text("c", [.. Enumerable.Range(0, count).Select(i => i % 3 == 0 ? "a" : "b")])
            .Label("y", [.. Enumerable.Range(0, count).Select(i => (float)i)])
            .Set("y");
        var rows = await LabelledRows.ReadAsync(set, set.Manifest.Features, new RowReading { Task = ModelTask.Regression }, CancellationToken.None);
        var encoding = FeatureEncoding.Learn(rows.Table, count, new PreprocessingOptions { MinimumCategoryCount = 1 });
        return (encoding.Encode(rows.Table), TrainingTargets.Of(rows, 0, count, new TargetScale(1, 0), []));
    }

    private sealed class TimingOut : BatchSource
    {
        public override int BatchCount => 2;

        public override TrainingTargets? Targets => null;

        public override TrainingBatch NewBatch() => new(1, 1, 0, isClasses: false, hasWeights: false);

        public override int CountOf(int epoch, int first, int end) => end - first;

        public override void Fill(TrainingBatch batch, int epoch, int index, CancellationToken cancellationToken) => throw new TaskCanceledException("The request timed out.");
    }
}
