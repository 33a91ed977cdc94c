using Mlp.Runtime.Data;
using Mlp.Training.Sampling;

namespace Mlp.Training.Tests.Sampling;

public sealed class ChanceSplitTests
{
    private static readonly SplitShares Shares = new(Validation: 0.2, Test: 0.15);

    [Fact]
    public async Task ByChanceAsync_AnyRows_HasEachOnceAndTheSharesAsked()
    {
        var parts = await PartsAsync(await TrainingSplit.ByChanceAsync(SampleRows.Create(1_001), Shares, seed: 5));

        Assert.Equal([651, 200, 150], parts.Select(p => p.Count));
        Assert.Equal(Enumerable.Range(0, 1_001).Select(i => (long)i), parts.SelectMany(p => p).Order());
        Assert.All(parts, p => Assert.Equal(p.Order(), p));

        // By chance, so from everywhere: the mean place of 150 of 1,001 rows has a deviation of 22.
        Assert.All(parts, p => Assert.InRange(p.Average(), 500 - 90, 500 + 90));
    }

    [Fact]
    public async Task ByChanceAsync_SameSeed_IsTheSameSplitInAnyBatches()
    {
        var first = await TrainingSplit.ByChanceAsync(SampleRows.Create(300), Shares, seed: 5, stratifyBy: ["label"]);
        var again = await TrainingSplit.ByChanceAsync(SampleRows.Create(300, batchSize: 7), Shares, seed: 5, stratifyBy: ["label"]);
        var other = await TrainingSplit.ByChanceAsync(SampleRows.Create(300), Shares, seed: 6, stratifyBy: ["label"]);

        Assert.Equal(Hashes(first), Hashes(again));
        Assert.Empty(Hashes(first).Intersect(Hashes(other)));
    }

    [Fact]
    public async Task ByChanceAsync_Strata_KeepTheirSharesInEachPart()
    {
        // One row in ten is of the rare class, and one customer in 23 has about 40 rows.
        var parts = await PartsAsync(await TrainingSplit.ByChanceAsync(SampleRows.Create(1_000), Shares, seed: 2, stratifyBy: ["label", "customer"]));

        foreach (var stratum in Enumerable.Range(0, 1_000).Select(i => (long)i).GroupBy(i => (SampleRows.Label(i), SampleRows.Customer(i))))
        {
            var counts = parts.Select(p => p.Count(id => (SampleRows.Label(id), SampleRows.Customer(id)) == stratum.Key)).ToArray();
            Assert.InRange(counts[2], stratum.Count() * 0.15 - 1, stratum.Count() * 0.15 + 1);
            Assert.InRange(counts[1], stratum.Count() * 0.2 - 2, stratum.Count() * 0.2 + 2);
        }
    }

    [Fact]
    public async Task ByChanceAsync_ValidationAndTest_AreDrawnIndependently()
    {
        // Were both drawn by the same numbers, the places of one part would tell those of the other.
        var both = new int[40];
        for (var seed = 0; seed < 400; seed++)
        {
            var parts = await PartsAsync(await TrainingSplit.ByChanceAsync(SampleRows.Create(40), new SplitShares(0.25, 0.25), seed));
            foreach (var id in parts[1])
            {
                both[id]++;
            }
        }

        // Binomial(400, 0.25): mean 100, deviation 8.7.
        Assert.All(both, n => Assert.InRange(n, 60, 140));
    }

    [Fact]
    public async Task ByChanceAsync_NoTest_HasTwoParts()
    {
        var split = await TrainingSplit.ByChanceAsync(SampleRows.Create(10), new SplitShares(0.2, 0));

        Assert.Null(split.Test);
        Assert.Equal((8L, 2L), (split.Training.Manifest.RowCount, split.Validation!.Manifest.RowCount));
    }

    [Fact]
    public async Task ByChanceAsync_PartIsEmptyOrColumnUnknown_IsASentence()
    {
        Assert.Equal(
            "Expected rows to test on, but none of the 3 rows fall into that part of the split.",
            (await Assert.ThrowsAsync<TrainingDataException>(() => TrainingSplit.ByChanceAsync(SampleRows.Create(3), new SplitShares(0.4, 0.1)))).Message);
        Assert.StartsWith(
            "Expected a column 'absent' in the training set", (await Assert.ThrowsAsync<TrainingDataException>(() => TrainingSplit.ByChanceAsync(SampleRows.Create(10), Shares, stratifyBy: ["absent"]))).Message, StringComparison.Ordinal);
        await Assert.ThrowsAsync<ArgumentException>(() => TrainingSplit.ByChanceAsync(SampleRows.Create(10), Shares, stratifyBy: []));
        await Assert.ThrowsAsync<ArgumentOutOfRangeException>(() => TrainingSplit.ByChanceAsync(SampleRows.Create(10), new SplitShares(0.5, 0.5)));
    }

    private static string[] Hashes(TrainingSplit split) => [split.Training.Manifest.ContentHash, split.Validation!.Manifest.ContentHash, split.Test!.Manifest.ContentHash];

    private static async Task<List<long>[]> PartsAsync(TrainingSplit split)
        => [await IdsAsync(split.Training), await IdsAsync(split.Validation!), await IdsAsync(split.Test!)];

    private static Task<List<long>> IdsAsync(ITrainingSet set) => SampleRows.ReadIdsAsync(set.ReadAsync());
}
