using Mlp.Runtime.Data;
using Mlp.TestSupport;

namespace Mlp.Features.Tests.Online;

public abstract class OnlineStoreReadTests(long hotTierSize)
{
    public sealed class WithHotTier() : OnlineStoreReadTests(OnlineTestViews.SmallHotTier);

    public sealed class WithoutHotTier() : OnlineStoreReadTests(0);

    private const long Start = OnlineTestViews.Start;

    [Fact]
    public async Task ReadAsync_RowOfTheFuture_DoesNotHideThePresentOne()
    {
        await using var harness = new OnlineStoreHarness(hotTierSize: hotTierSize);
        await harness.OpenAsync();
        await harness.PushAsync(1, Start, Start, 1);
        await harness.PushAsync(1, Start + 10, Start, 2);
        await harness.PushAsync(1, Start - 5, Start + 20, 3);
        await harness.PushAsync(2, Start + 10, Start, 4);

        Assert.Equal((FeatureStatus.Present, 1f, Start), await harness.ReadAsync(1));
        Assert.Equal((FeatureStatus.Present, 2f, Start + 10), await harness.ReadAsync(1, Start + 10));
        Assert.Equal((FeatureStatus.Present, 4f, Start + 10), await harness.ReadAsync(2, Start + 11));
        Assert.Equal((FeatureStatus.Present, 1f, Start), await harness.ReadAsync(1, Start + 9));
        Assert.Equal(FeatureStatus.Missing, (await harness.ReadAsync(2)).Status);

        await harness.Store.CheckpointAsync(default);
        await harness.Store.CheckpointAsync(default);
        await harness.Store.CheckpointAsync(default);
        await harness.KillAsync();
        Assert.Equal((FeatureStatus.Present, 1f, Start), await harness.ReadAsync(1));
        Assert.Equal((FeatureStatus.Present, 2f, Start + 10), await harness.ReadAsync(1, Start + 10));

        harness.Advance(10);
        Assert.Equal((FeatureStatus.Present, 2f, Start + 10), await harness.ReadAsync(1));
        Assert.Equal((FeatureStatus.Present, 4f, Start + 10), await harness.ReadAsync(2));
        await harness.ReopenAsync();
        Assert.Equal((FeatureStatus.Present, 2f, Start + 10), await harness.ReadAsync(1));
        harness.Advance(10);
        Assert.Equal((FeatureStatus.Present, 2f, Start + 10), await harness.ReadAsync(1));
        Assert.Equal(FeatureStatus.Missing, (await harness.ReadAsync(1, Start + 9)).Status);
        Assert.Equal(long.MaxValue, harness.Store.Due.NextDue);
        Assert.Equal(4, harness.Offline.Rows.Count);
    }

    [Fact]
    public async Task ReadAsync_NullKey_IsMissingAndTheRowGoesOfflineOnly()
    {
        await using var harness = new OnlineStoreHarness(hotTierSize: hotTierSize);
        await harness.OpenAsync();
        await harness.PushAsync(null, Start, Start, 1);

        Assert.Equal(FeatureStatus.Missing, (await harness.ReadAsync(null)).Status);
        await harness.Store.FoldAsync(1, default);
        Assert.Single(harness.Offline.Rows);
    }

    [Fact]
    public async Task ReadAsync_WrongKeysOrLayout_AreSentences()
    {
        await using var harness = new OnlineStoreHarness(hotTierSize: hotTierSize);
        await harness.OpenAsync();
        var rows = new FeatureRows(harness.Description.Layout, 2);
        rows.Reset(2);
        var other = new FeatureRows(new FeatureRowLayout([new FeatureColumn("x", FeatureType.Int64, "v")]), 1);

        var count = await Assert.ThrowsAsync<ArgumentException>(async () => await harness.Reader.ReadAsync(new EntityValue[] { 1 }, Start, rows, 0, rows.RowCount));
        var kind = await Assert.ThrowsAsync<ArgumentException>(async () => await harness.Reader.ReadAsync(new EntityValue[] { 1, "a" }, Start, rows, 0, rows.RowCount));
        var range = await Assert.ThrowsAsync<ArgumentOutOfRangeException>(async () => await harness.Reader.ReadAsync(new EntityValue[] { 1, 2 }, Start, rows, 1, 2));
        var times = await Assert.ThrowsAsync<ArgumentException>(async () => await harness.Reader.ReadAsync(new EntityValue[] { 1, 2 }, new[] { Start }, rows, 0, 2));
        var layout = await Assert.ThrowsAsync<ArgumentException>(async () => await harness.Reader.ReadAsync(new EntityValue[] { 1 }, Start, other, 0, 1));

        Assert.Contains("Expected 2 x 1 key parts", count.Message, StringComparison.Ordinal);
        Assert.Contains("Expected key 'id'", kind.Message, StringComparison.Ordinal);
        Assert.Contains("found String in row 2", kind.Message, StringComparison.Ordinal);
        Assert.Contains("Expected a destination with 2 rows from row 1 on for feature service 's' version 1, but it has 2 rows.", range.Message, StringComparison.Ordinal);
        Assert.Contains("Expected a time for each of 2 rows of feature service 's' version 1, but found 1 times.", times.Message, StringComparison.Ordinal);
        Assert.Contains("another layout", layout.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task DisposeAsync_WhileOthersRead_LetsThemFinish()
    {
        await using var harness = new OnlineStoreHarness(hotTierSize: hotTierSize);
        await harness.OpenAsync();
        await harness.PushAsync([.. Enumerable.Range(0, 20_000).Select(i => ((long?)i, Start, Start, (float)i))]);
        using var begun = new CountdownEvent(3);
        var readers = Enumerable.Range(0, 3).Select(seed => Task.Run(async () =>
        {
            var random = new Random(seed);
            var reads = 0;
            try
            {
                while (true)
                {
                    var id = random.Next(20_000);
                    Assert.Equal((FeatureStatus.Present, (float)id, Start), await harness.ReadAsync(id));
                    if (reads++ == 0)
                    {
                        begun.Signal();
                    }
                }
            }
            catch (ObjectDisposedException)
            {
                return reads;
            }
        })).ToArray();
        Assert.True(await Task.Run(() => begun.Wait(TimeSpan.FromMinutes(2))));

        await harness.Store.DisposeAsync();

        Assert.All(await Task.WhenAll(readers), reads => Assert.True(reads > 0));
        await harness.OpenAsync();
    }

    [Fact]
    public async Task ReadAsync_WarmBatch_CompletesSynchronouslyAndAllocatesNothing()
    {
        await using var harness = new OnlineStoreHarness(hotTierSize: hotTierSize);
        await harness.OpenAsync();
        await harness.PushAsync([.. Enumerable.Range(0, 300).Select(i => ((long?)i, Start, Start, (float)i))]);
        var rows = new FeatureRows(harness.Description.Layout, 256);
        EntityValue[] keys = [.. Enumerable.Range(0, 256).Select(i => i % 50 == 7 ? EntityValue.Null : EntityValue.FromInt64(i * 2))];
        var asOf = harness.Now;
        long[] times = [.. Enumerable.Range(0, 256).Select(i => asOf - (i % 3))];

        var completed = true;
        var least = Allocations.OfBestRun(() =>
        {
            for (var i = 0; i < 20; i++)
            {
                completed &= Run();
            }
        });

        Assert.Equal(0, least);
        Assert.True(completed);

        bool Run()
        {
            rows.Reset(256);
            var read = harness.Reader.ReadAsync(keys, asOf, rows, 0, rows.RowCount);
            var isCompleted = read.IsCompletedSuccessfully;
            read.GetAwaiter().GetResult();

            // Another time per row, and one row in the middle.
            rows.Reset(256);
            read = harness.Reader.ReadAsync(keys, times, rows, 0, rows.RowCount);
            isCompleted &= read.IsCompletedSuccessfully;
            read.GetAwaiter().GetResult();
            read = harness.Reader.ReadAsync(keys.AsMemory(8, 1), asOf, rows, 8, 1);
            isCompleted &= read.IsCompletedSuccessfully;
            read.GetAwaiter().GetResult();
            return isCompleted;
        }
    }
}
