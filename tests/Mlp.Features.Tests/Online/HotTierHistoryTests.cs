using Mlp.Features.Online;
using Mlp.Runtime.Storage;
using Mlp.TestSupport;

namespace Mlp.Features.Tests.Online;

/// <summary>Histories of many threads over the hot tier, each held against what was acknowledged (<see cref="HotTierHistory"/>). <c>MLP_ROUNDS</c> says how many.</summary>
public sealed class HotTierHistoryTests
{
    // From one bucket line for all to enough for most: evictions all the time and now and then.
    private static readonly long[] Sizes = [4 << 10, 8 << 10, 32 << 10];

    [Theory]
    [InlineData(0)]
    [InlineData(3)]
    [InlineData(20)]
    public async Task Read_BesideWritesRemovalsAndRenewals_IsNeverTornStaleOrResurrected(int dawdleOneIn)
    {
        var answers = 0L;
        for (var round = 0; round < TestRounds.Count; round++)
        {
            var rows = new DictionaryRowStore(dawdleOneIn);
            using var store = new TieredRowStore(rows, Sizes[round % Sizes.Length]);
            var history = new HotTierHistory(store, key => DeleteAsync(store, key), entities: 60);

            await history.RunAsync(round, writers: 3, readers: 3, operations: 1500, renews: true);

            answers += history.Answers;
            Assert.InRange(store.Tier.LiveLength, 0, store.Tier.Capacity);
        }

        Assert.True(answers > 1000);
    }

    [Fact]
    public async Task Read_BesideWritesDeletionsAndRenewalsInFaster_IsNeverTornStaleOrResurrected()
    {
        for (var round = 0; round < TestRounds.Count; round++)
        {
            using var directory = new TempDirectory();
            var rows = new FasterRowStore(Directory.CreateDirectory(directory.Combine("log")).FullName, OnlineTestViews.SmallOptions(), DiskSync.Instance, TimeProvider.System);
            using var store = new TieredRowStore(rows, Sizes[round % Sizes.Length]);

            // So many entities that most rows are on the disk, and reads and writes wait for it.
            await FillAsync(store);
            await new HotTierHistory(store, key => DeleteAsync(store, key), entities: 60).RunAsync(round, writers: 3, readers: 3, operations: 2000, renews: true);
        }
    }

    private static async ValueTask DeleteAsync(TieredRowStore store, byte[] key)
    {
        using var writer = store.RentWriter();
        writer.Delete(key, long.MaxValue);
        await writer.CompleteAsync();
    }

    private static async Task FillAsync(TieredRowStore store)
    {
        using var writer = store.RentWriter();
        var view = OnlineTestViews.Floats(32, id: 1000);
        for (var i = 0; i < 8000; i++)
        {
            writer.Write(OnlineTestViews.KeyOf(view, i), OnlineTestViews.FloatRow(view, new Mlp.Runtime.Data.RowVersion(1, 1, 1), i));
        }

        await writer.CompleteAsync();
    }
}
