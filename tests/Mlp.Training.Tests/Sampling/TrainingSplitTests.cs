using Mlp.Runtime.Data;
using Mlp.Training.Sampling;

namespace Mlp.Training.Tests.Sampling;

public sealed class TrainingSplitTests
{
    private static readonly SplitShares Shares = new(Validation: 0.2, Test: 0.2);

    [Fact]
    public async Task ByKeyAsync_RowsAreAdded_NoRowMoves()
    {
        var before = await PartsAsync(await TrainingSplit.ByKeyAsync(SampleRows.Create(300), ["id"], Shares, seed: 3));
        var after = await PartsAsync(await TrainingSplit.ByKeyAsync(SampleRows.Create(1_000, batchSize: 91), ["id"], Shares, seed: 3));

        for (var part = 0; part < 3; part++)
        {
            Assert.Equal(before[part], after[part].Where(id => id < 300));
        }

        Assert.Equal(Enumerable.Range(0, 1_000).Select(i => (long)i), after.SelectMany(p => p).Order());
        Assert.InRange(after[1].Count, 140, 260);
        Assert.InRange(after[2].Count, 140, 260);
    }

    [Fact]
    public async Task ByKeyAsync_KnownKeys_FallWhereTheyAlwaysFell()
    {
        // These rows would move, and every stored split with them, if the encoding or the hash changed.
        var parts = await PartsAsync(await TrainingSplit.ByKeyAsync(SampleRows.Create(40), ["id"], Shares));

        Assert.Equal(KnownTestRows, parts[2]);
    }

    [Fact]
    public async Task ByKeyAsync_Group_StaysTogether()
    {
        var split = await TrainingSplit.ByKeyAsync(SampleRows.Create(1_000), ["customer"], Shares, seed: 1);

        var parts = await PartsAsync(split);
        Assert.Equal(24, parts.Sum(p => p.Select(SampleRows.Customer).Distinct().Count()));
        Assert.Equal(0, (await SplitLeaks.FindAsync(split.Training, split.Test!, ["customer"])).SharedKeyCount);
    }

    [Fact]
    public async Task ByKeyAsync_AnotherSeed_GivesAnotherSplit()
    {
        var set = SampleRows.Create(300);

        Assert.NotEqual(
            (await PartsAsync(await TrainingSplit.ByKeyAsync(set, ["id"], Shares, seed: 1)))[2], (await PartsAsync(await TrainingSplit.ByKeyAsync(set, ["id"], Shares, seed: 2)))[2]);
    }

    [Fact]
    public async Task Manifest_OfAPart_IsThatOfItsRows()
    {
        var set = SampleRows.Create(300);
        var split = await TrainingSplit.ByKeyAsync(set, ["id"], new SplitShares(0, 0.5));

        Assert.Null(split.Validation);
        Assert.Equal(300, split.Training.Manifest.RowCount + split.Test!.Manifest.RowCount);
        Assert.Equal(3, new[] { set.Manifest.ContentHash, split.Training.Manifest.ContentHash, split.Test.Manifest.ContentHash }.Distinct().Count());
        var batches = new List<Apache.Arrow.RecordBatch>();
        await foreach (var batch in split.Test.ReadAsync())
        {
            batches.Add(batch);
        }

        Assert.Equal(new ArrowTrainingSet(batches, set.Manifest.Features, "label", "time").Manifest.ContentHash, split.Test.Manifest.ContentHash);
    }

    [Fact]
    public async Task ByTimeAsync_TwoTimesAndAGap_CutsThere()
    {
        var split = await TrainingSplit.ByTimeAsync(SampleRows.Create(300), At(100), At(200), gap: TimeSpan.FromSeconds(10));

        var parts = await PartsAsync(split);
        Assert.Equal(Ids(0, 91), parts[0]);
        Assert.Equal(Ids(100, 191), parts[1]);
        Assert.Equal(Ids(200, 300), parts[2]);
        Assert.Equal(0, (await SplitLeaks.FindAsync(split.Training, split.Test!)).RowsBeforeTrainingEnds);
    }

    [Fact]
    public async Task ByKeyAsync_UnsignedIntegers_FallWhereSignedOnesFall()
    {
        var numbers = Enumerable.Range(0, 200).ToArray();
        Apache.Arrow.IArrowArray[] columns =
        [
            new Apache.Arrow.Int64Array.Builder().AppendRange(numbers.Select(i => (long)i)).Build(),
            new Apache.Arrow.UInt64Array.Builder().AppendRange(numbers.Select(i => (ulong)i)).Build(),
            new Apache.Arrow.UInt32Array.Builder().AppendRange(numbers.Select(i => (uint)i)).Build(),
            new Apache.Arrow.UInt16Array.Builder().AppendRange(numbers.Select(i => (ushort)i)).Build(),
            new Apache.Arrow.UInt8Array.Builder().AppendRange(numbers.Select(i => (byte)i)).Build(),
        ];

        var hashes = new List<string>();
        foreach (var column in columns)
        {
            var set = new Rows().Int64("id", [.. numbers.Select(i => (long?)i)]).Other("key", column).Set();
            var split = await TrainingSplit.ByKeyAsync(set, ["key"], Shares, seed: 1);
            var ids = new List<long>();
            await foreach (var batch in split.Test!.ReadAsync())
            {
                ids.AddRange(Enumerable.Range(0, batch.Length).Select(row => Id(batch, row)));
            }

            hashes.Add(string.Join(' ', ids));
        }

        Assert.Single(hashes.Distinct());
    }

    [Fact]
    public async Task ByKeyAsync_UnsignedIntegersBeyondSigned_AreKeysOfTheirOwn()
    {
        var keys = Enumerable.Range(0, 400).Select(i => ulong.MaxValue - (ulong)(i / 2));
        var set = new Rows().Int64("id", [.. Enumerable.Range(0, 400).Select(i => (long?)i)]).Other("key", new Apache.Arrow.UInt64Array.Builder().AppendRange(keys).Build()).Set();

        var split = await TrainingSplit.ByKeyAsync(set, ["key"], Shares, seed: 1);

        Assert.InRange(split.Test!.Manifest.RowCount, 40, 120);
        Assert.Equal(0, (await SplitLeaks.FindAsync(split.Training, split.Test, ["key"])).SharedKeyCount);
    }

    [Fact]
    public async Task ByTimeAsync_OneTime_HasNoTest()
    {
        var parts = await PartsAsync(await TrainingSplit.ByTimeAsync(SampleRows.Create(300), At(100)));

        Assert.Equal([100, 200, 0], parts.Select(p => p.Count));
    }

    [Fact]
    public async Task FindAsync_LeakingParts_CountsWhatLeaks()
    {
        var set = SampleRows.Create(300);
        var training = await TrainingSample.WhereAsync(set, (batch, row) => Id(batch, row) < 200);
        var judging = await TrainingSample.WhereAsync(set, (batch, row) => Id(batch, row) >= 190);

        var leaks = await SplitLeaks.FindAsync(training, judging, ["id"]);

        Assert.Equal(new SplitLeaks(10, 10, 10), leaks);
    }

    [Fact]
    public async Task ByKeyAsync_PartIsEmpty_IsASentence()
    {
        var e = await Assert.ThrowsAsync<TrainingDataException>(() => TrainingSplit.ByKeyAsync(SampleRows.Create(1), ["id"], new SplitShares(0, 0.5)));

        Assert.Matches("^Expected rows to (train|test) on, but none of the 1 rows fall into that part of the split.$", e.Message);
    }

    [Fact]
    public async Task ByKeyAsync_UnknownColumn_IsASentence()
    {
        var e = await Assert.ThrowsAsync<TrainingDataException>(() => TrainingSplit.ByKeyAsync(SampleRows.Create(10), ["absent"], Shares));

        Assert.Equal("Expected a column 'absent' in the training set, but found 'id', 'x', 'flag', 'customer', 'embedding', 'label', 'weight', 'time'.", e.Message);
    }

    [Fact]
    public async Task ByKeyAsync_FractionsAsKey_IsASentence()
    {
        var e = await Assert.ThrowsAsync<TrainingDataException>(() => TrainingSplit.ByKeyAsync(SampleRows.Create(10), ["x"], Shares));

        Assert.Equal("Expected the key column 'x' to hold integers, truth values, texts or GUIDs, but found the Arrow type float.", e.Message);
    }

    [Theory]
    [InlineData(0, 0)]
    [InlineData(0.5, 0.5)]
    [InlineData(-0.1, 0.2)]
    [InlineData(double.NaN, 0.2)]
    public async Task ByKeyAsync_SharesOutOfRange_IsASentence(double validation, double test)
    {
        var e = await Assert.ThrowsAsync<ArgumentOutOfRangeException>(() => TrainingSplit.ByKeyAsync(SampleRows.Create(10), ["id"], new SplitShares(validation, test)));

        Assert.Contains("Expected shares of at least 0 that are above 0 and below 1 together", e.Message, StringComparison.Ordinal);
    }

    private static readonly long[] KnownTestRows = [0, 7, 8, 11, 15, 23, 24, 25, 29, 35];

    private static DateTimeOffset At(long id) => Microseconds.ToDateTimeOffset(SampleRows.Time(id));

    private static IEnumerable<long> Ids(int start, int end) => Enumerable.Range(start, end - start).Select(i => (long)i);

    private static long Id(Apache.Arrow.RecordBatch batch, int row) => ((Apache.Arrow.Int64Array)batch.Column("id")).GetValue(row)!.Value;

    private static async Task<List<long>[]> PartsAsync(TrainingSplit split)
    {
        var parts = new List<long>[3];
        foreach (var (set, i) in new[] { split.Training, split.Validation, split.Test }.Select((s, i) => (s, i)))
        {
            parts[i] = set is null ? [] : await SampleRows.ReadIdsAsync(set.ReadAsync());
        }

        return parts;
    }
}
