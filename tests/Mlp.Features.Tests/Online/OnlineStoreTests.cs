using Mlp.Features.Online;
using Mlp.Runtime.Data;

namespace Mlp.Features.Tests.Online;

public abstract class OnlineStoreTests(long hotTierSize)
{
    public sealed class WithHotTier() : OnlineStoreTests(OnlineTestViews.SmallHotTier);

    public sealed class WithoutHotTier() : OnlineStoreTests(0);

    private const long Start = OnlineTestViews.Start;

    [Fact]
    public async Task WriteAsync_Rows_AreReadAtOnceAndAfterEveryKindOfReopening()
    {
        await using var harness = new OnlineStoreHarness(hotTierSize: hotTierSize);
        await harness.OpenAsync();
        await harness.PushAsync(1, Start, Start, 11);
        Assert.Equal((FeatureStatus.Present, 11f, Start), await harness.ReadAsync(1));

        await harness.KillAsync();
        Assert.Equal((FeatureStatus.Present, 11f, Start), await harness.ReadAsync(1));
        await harness.ReopenAsync();
        Assert.Equal((FeatureStatus.Present, 11f, Start), await harness.ReadAsync(1));
        await harness.PushAsync(2, Start, Start, 22);
        await harness.ReopenAsync();
        await harness.ReopenAsync();
        await harness.KillAsync();

        Assert.Equal((FeatureStatus.Present, 11f, Start), await harness.ReadAsync(1));
        Assert.Equal((FeatureStatus.Present, 22f, Start), await harness.ReadAsync(2));
        Assert.Equal((FeatureStatus.Missing, float.NaN, FeatureRows.NoEventTime), await harness.ReadAsync(3));
        Assert.Equal(2, harness.Offline.Rows.Count);
    }

    [Fact]
    public async Task FoldAsync_ManyPushes_CommitsEachRowOnceAlsoAfterKills()
    {
        await using var harness = new OnlineStoreHarness(hotTierSize: hotTierSize);
        await harness.OpenAsync();
        for (var i = 0; i < 20; i++)
        {
            await harness.PushAsync(i, Start, Start, i);
            if (i % 7 == 3)
            {
                await harness.Store.FoldAsync(1, default);
            }

            if (i % 5 == 4)
            {
                await harness.KillAsync();
            }

            if (i % 4 == 1)
            {
                await harness.Store.CheckpointAsync(default);
            }
        }

        await harness.ReopenAsync();
        Assert.Equal(20, harness.Offline.Rows.Count);
        var sequences = harness.Offline.Rows.Select(row => OnlineRowCodec.ReadVersion(row.Row).Sequence).ToList();
        Assert.Equal(sequences.Order(), sequences);
        Assert.Equal(20, sequences.Distinct().Count());
        Assert.Equal(0, harness.Store.WaitingForOffline);
    }

    [Fact]
    public async Task FoldAsync_OfflineStoreFails_KeepsTheRowsAndTheirSegments()
    {
        await using var harness = new OnlineStoreHarness(hotTierSize: hotTierSize);
        harness.Options.OfflineBatchSize = 2;
        await harness.OpenAsync();
        harness.Offline.Failure = new IOException("disk full");
        for (var i = 0; i < 9; i++)
        {
            await harness.PushAsync(i, Start, Start, i);
            await harness.Store.CheckpointAsync(default);
        }

        await Assert.ThrowsAsync<IOException>(() => harness.Store.FoldAsync(1, default));
        Assert.Equal(9, harness.Store.WaitingForOffline);
        await harness.ReopenAsync();
        Assert.Equal(9, harness.Store.WaitingForOffline);
        Assert.NotNull(harness.Store.BackgroundFailure);

        harness.Offline.Failure = null;
        await harness.Store.FoldAsync(1, default);
        Assert.Equal(9, harness.Offline.Rows.Count);
    }

    [Fact]
    public async Task SetMarkAsync_Mark_SurvivesKillAndCheckpoints()
    {
        await using var harness = new OnlineStoreHarness(hotTierSize: hotTierSize);
        await harness.OpenAsync();
        Assert.Null(harness.Store.FindMark(1));
        await harness.Store.SetMarkAsync(1, new MaterializationMark(3, Start));
        await harness.KillAsync();
        Assert.Equal(new MaterializationMark(3, Start), harness.Store.FindMark(1));
        for (var i = 0; i < 3; i++)
        {
            await harness.Store.CheckpointAsync(default);
        }

        await harness.KillAsync();
        Assert.Equal(new MaterializationMark(3, Start), harness.Store.FindMark(1));
    }

    [Fact]
    public async Task Rows_MoreThanMemory_SurviveKillAndCompaction()
    {
        await using var harness = new OnlineStoreHarness(hotTierSize: hotTierSize);
        harness.Options.CompactionLength = 1 << 20;
        await harness.OpenAsync();
        for (var round = 0; round < 6; round++)
        {
            for (var batch = 0; batch < 10; batch++)
            {
                await harness.PushAsync([.. Enumerable.Range(0, 1000).Select(i => ((long?)((batch * 1000) + i), Start, Start, (float)round))]);
            }

            await harness.Store.FoldAsync(1, default);
            await harness.Store.CheckpointAsync(default);
        }

        await harness.KillAsync();
        for (var id = 0; id < 10_000; id += 37)
        {
            Assert.Equal((FeatureStatus.Present, 5f, Start), await harness.ReadAsync(id));
        }

        Assert.True(harness.Store.Rows.LogLength < 6 * 10_000 * 80);
        Assert.Equal(60_000, harness.Offline.Rows.Count);
    }
}
