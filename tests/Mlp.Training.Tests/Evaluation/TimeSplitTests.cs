using Apache.Arrow;
using FsCheck;
using FsCheck.Fluent;
using FsCheck.Xunit;
using Mlp.Runtime.Data;
using Mlp.Training.Evaluation;

namespace Mlp.Training.Tests.Evaluation;

public sealed class TimeSplitTests
{
    [Fact]
    public async Task ByShareAsync_DistinctTimes_CutsByCount()
    {
        var split = await TimeSplit.ByShareAsync(Set([1, 2, 3, 4, 5, 6, 7, 8, 9, 10]), 0.3);

        Assert.Equal([1, 2, 3, 4, 5, 6, 7], await TimesAsync(split.Training));
        Assert.Equal([8, 9, 10], await TimesAsync(split.Holdout));
        Assert.Equal((7L, 3L), (split.Training.Manifest.RowCount, split.Holdout.Manifest.RowCount));
    }

    [Fact]
    public async Task ByShareAsync_TiesAtTheCut_GoToTheHoldout()
    {
        var split = await TimeSplit.ByShareAsync(Set([1, 2, 5, 5, 5, 6]), 0.34);

        Assert.Equal([1, 2], await TimesAsync(split.Training));
        Assert.Equal([5, 5, 5, 6], await TimesAsync(split.Holdout));
    }

    [Fact]
    public async Task AtAsync_Time_IsTheFirstOfTheHoldout()
    {
        var split = await TimeSplit.AtAsync(Set([1, 2, 2, 3]), DateTimeOffset.UnixEpoch.AddMicroseconds(2));

        Assert.Equal([1], await TimesAsync(split.Training));
        Assert.Equal([2, 2, 3], await TimesAsync(split.Holdout));
    }

    [Fact]
    public async Task AtAsync_BetweenMicroseconds_KeepsEarlierRowsInTraining()
    {
        var split = await TimeSplit.AtAsync(Set([1, 2, 3]), DateTimeOffset.UnixEpoch.AddTicks(21));

        Assert.Equal([1, 2], await TimesAsync(split.Training));
    }

    [Fact]
    public async Task ByShareAsync_Parts_HashAsTheirRowsAlone()
    {
        var set = Set([1, 2, 3, 4]);
        var whole = await SyntheticRows.BatchOf(Set([1, 2, 3, 4], batchSize: 4));

        var split = await TimeSplit.ByShareAsync(set, 0.5);

        string HashOf(int start) => new ArrowTrainingSet([whole.SliceShared(start, 2)], set.Manifest.Features, "y", "t").Manifest.ContentHash;
        Assert.Equal(HashOf(0), split.Training.Manifest.ContentHash);
        Assert.Equal(HashOf(2), split.Holdout.Manifest.ContentHash);
        Assert.NotEqual(split.Training.Manifest.ContentHash, split.Holdout.Manifest.ContentHash);
    }

    [Property(MaxTest = 50)]
    public Property ByShareAsync_AnyTimesAndBatches_SplitsWithoutLossAndStrictlyByTime()
        => Prop.ForAll(
            Gen.Choose(0, int.MaxValue - 1).ToArbitrary(),
            seed =>
            {
                var random = new Random(seed);
                long[] times = [.. Enumerable.Range(0, random.Next(2, 30)).Select(_ => (long)random.Next(8)).Order()];
                try
                {
                    var split = TimeSplit.ByShareAsync(Set(times, random.Next(1, 7)), 0.05 + (0.9 * random.NextDouble())).GetAwaiter().GetResult();
                    var earlier = TimesAsync(split.Training).GetAwaiter().GetResult();
                    var later = TimesAsync(split.Holdout).GetAwaiter().GetResult();
                    return earlier.Concat(later).SequenceEqual(times) && earlier.Max() < later.Min();
                }
                catch (TrainingDataException e)
                {
                    return e.Message.StartsWith("Expected rows on both sides of the cut", StringComparison.Ordinal);
                }
            });

    [Fact]
    public async Task ByShareAsync_AllRowsAtOneTime_SaysSo()
    {
        var error = await Assert.ThrowsAsync<TrainingDataException>(() => TimeSplit.ByShareAsync(Set([4, 4, 4]), 0.3));

        Assert.Equal("Expected rows on both sides of the cut, but of 3 rows 0 lie before it and 3 after it.", error.Message);
    }

    [Fact]
    public async Task ByShareAsync_RowsOutOfOrder_NamesTheRow()
    {
        var error = await Assert.ThrowsAsync<TrainingDataException>(() => TimeSplit.ByShareAsync(Set([4, 3]), 0.5));

        Assert.Equal(1, error.Row);
    }

    [Theory]
    [InlineData(0)]
    [InlineData(1)]
    [InlineData(double.NaN)]
    public Task ByShareAsync_ShareOutOfRange_IsRefused(double share)
        => Assert.ThrowsAsync<ArgumentOutOfRangeException>(() => TimeSplit.ByShareAsync(Set([1, 2]), share));

    [Fact]
    public Task AtAsync_NoTimeColumn_IsRefused()
        => Assert.ThrowsAsync<TrainingDataException>(
            () => TimeSplit.AtAsync(new Rows().Float32("x", 1f).Label("y", true).Set("y"), DateTimeOffset.UnixEpoch));

    private static ArrowTrainingSet Set(long[] times, int batchSize = 3)
    {
        var rows = new Rows().Float32("x", [.. times.Select((_, i) => (float?)i)]).Label("y", [.. times.Select((_, i) => i % 2 == 0)]).Time("t", times);
        var batch = rows.Batch();
        var batches = Enumerable.Range(0, (times.Length + batchSize - 1) / batchSize)
            .Select(i => batch.SliceShared(i * batchSize, Math.Min(batchSize, times.Length - (i * batchSize))));
        return new ArrowTrainingSet([.. batches], rows.Features, "y", "t");
    }

    private static async Task<List<long>> TimesAsync(ITrainingSet set)
    {
        var times = new List<long>();
        await foreach (var batch in set.ReadAsync())
        {
            using (batch)
            {
                times.AddRange(((Int64Array)batch.Column("t")).Values.ToArray());
            }
        }

        return times;
    }
}
