using Apache.Arrow;
using Mlp.Training.Sampling;

namespace Mlp.Training.Tests.Sampling;

public sealed class ShuffledRowsTests
{
    [Theory]
    [InlineData(2, 1)]
    [InlineData(50, 32)]
    [InlineData(64, 100)]
    [InlineData(5_000, 32)]
    public async Task ReadEpochAsync_AnyPool_GivesEachRowOnceInBatchesOfTheSize(int bufferRows, int batchSize)
    {
        var rows = new ShuffledRows(SampleRows.Create(1_000), bufferRows, seed: 1);
        var lengths = new List<int>();
        var ids = await SampleRows.ReadIdsAsync(Tell(rows.ReadEpochAsync(0, batchSize), lengths.Add));

        Assert.Equal(Enumerable.Range(0, 1_000).Select(i => (long)i), ids.Order());
        Assert.NotEqual(ids.Order(), ids);
        Assert.All(lengths.SkipLast(1), l => Assert.Equal(batchSize, l));
        Assert.InRange(Enumerable.Range(0, ids.Count).Max(i => (int)ids[i] - i), 0, bufferRows - 1);
    }

    [Fact]
    public async Task ReadEpochAsync_PoolAfterPool_MixesOverTheirBorders()
    {
        var ids = await SampleRows.ReadIdsAsync(new ShuffledRows(SampleRows.Create(1_000), 100, seed: 1).ReadEpochAsync(0, 10));

        // Were each pool emptied before the next is filled, every row would stay within its hundred.
        Assert.InRange(ids.Where((id, place) => id / 100 != place / 100).Count(), 200, 1_000);
    }

    [Fact]
    public async Task ReadEpochAsync_Again_IsTheSameAndEachEpochIsAnother()
    {
        var rows = new ShuffledRows(SampleRows.Create(500), 100, seed: 1);

        var first = await SampleRows.ReadIdsAsync(rows.ReadEpochAsync(0, 32));

        Assert.Equal(first, await SampleRows.ReadIdsAsync(rows.ReadEpochAsync(0, 32)));
        Assert.NotEqual(first, await SampleRows.ReadIdsAsync(rows.ReadEpochAsync(1, 32)));
        Assert.NotEqual(first, await SampleRows.ReadIdsAsync(new ShuffledRows(SampleRows.Create(500), 100, seed: 2).ReadEpochAsync(0, 32)));
        Assert.Equal(first, await SampleRows.ReadIdsAsync(new ShuffledRows(SampleRows.Create(500, batchSize: 11), 100, seed: 1).ReadEpochAsync(0, 32)));
    }

    [Theory]
    [InlineData(0)]
    [InlineData(1)]
    [InlineData(7)]
    [InlineData(15)]
    [InlineData(16)]
    [InlineData(1_000)]
    public async Task ReadEpochAsync_SkippedBatches_GoesOnWhereItStood(int skipped)
    {
        var rows = new ShuffledRows(SampleRows.Create(500), 100, seed: 1);
        var whole = await SampleRows.ReadIdsAsync(rows.ReadEpochAsync(3, 32));

        Assert.Equal(whole.Skip(skipped * 32), await SampleRows.ReadIdsAsync(rows.ReadEpochAsync(3, 32, skipped)));
    }

    [Fact]
    public async Task ReadEpochAsync_ManyEpochs_MixRowsOverTheWholePool()
    {
        // The mean place of a row over epochs is near the middle of the set when the pool holds all rows.
        var rows = new ShuffledRows(SampleRows.Create(100), 100, seed: 1);
        var places = new double[100];
        for (var epoch = 0; epoch < 200; epoch++)
        {
            var ids = await SampleRows.ReadIdsAsync(rows.ReadEpochAsync(epoch, 100));
            for (var i = 0; i < ids.Count; i++)
            {
                places[ids[i]] += i / 200.0;
            }
        }

        // A mean of 200 uniform places has a deviation of 2.04; five of them are below 10.5.
        Assert.All(places, p => Assert.InRange(p, 39, 60));
    }

    private static async IAsyncEnumerable<RecordBatch> Tell(IAsyncEnumerable<RecordBatch> batches, Action<int> tell)
    {
        await foreach (var batch in batches)
        {
            tell(batch.Length);
            yield return batch;
        }
    }
}
