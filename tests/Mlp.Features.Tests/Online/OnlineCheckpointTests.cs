using Mlp.Features.Online;
using Mlp.Runtime.Storage;

namespace Mlp.Features.Tests.Online;

public abstract class OnlineCheckpointTests(long hotTierSize)
{
    public sealed class WithHotTier() : OnlineCheckpointTests(OnlineTestViews.SmallHotTier);

    public sealed class WithoutHotTier() : OnlineCheckpointTests(0);

    private const long Start = OnlineTestViews.Start;

    [Fact]
    public async Task CheckpointAsync_Repeated_KeepsTwoAndDeletesOldSegments()
    {
        await using var harness = new OnlineStoreHarness(hotTierSize: hotTierSize);
        await harness.OpenAsync();
        for (var i = 0; i < 6; i++)
        {
            await harness.PushAsync(i, Start, Start, i);
            await harness.Store.FoldAsync(1, default);
            await harness.Store.CheckpointAsync(default);
        }

        Assert.Equal(["0000000005", "0000000006"], Directory.GetDirectories(Path.Combine(harness.Folder, "checkpoints")).Select(Path.GetFileName).Order());
        Assert.Equal(["0000000006.mlplog", "0000000007.mlplog"], Directory.GetFiles(Path.Combine(harness.Folder, "wal")).Select(Path.GetFileName).Order());
    }

    [Fact]
    public async Task CheckpointAsync_Manifest_NamesItsViews()
    {
        await using var harness = new OnlineStoreHarness(hotTierSize: hotTierSize);
        await harness.OpenAsync();
        var other = harness.Store.GetViewId("other", 3, new string('b', 64));
        await harness.PushAsync(1, Start, Start, 1);
        await harness.Store.CheckpointAsync(default);

        var views = new OnlineCheckpoints(Path.Combine(harness.Folder, "checkpoints"), DiskSync.Instance).Load(1).Views;
        Assert.Equal((harness.View.Id, harness.View.Name, 1, harness.View.Fingerprint), (views[0].Id, views[0].Name, views[0].Version, views[0].Fingerprint));
        Assert.True(views[0].LastSequence > 0);
        Assert.Equal(new OnlineCheckpointView(other, "other", 3, new string('b', 64), 0, null), views[1]);
    }

    [Fact]
    public async Task CheckpointInterval_Passed_TakesOneInTheBackground()
    {
        await using var harness = new OnlineStoreHarness(hotTierSize: hotTierSize);
        await harness.OpenAsync();
        await harness.PushAsync(1, Start, Start, 1);

        harness.Clock.Advance(harness.Options.CheckpointInterval);

        var folder = Path.Combine(harness.Folder, "checkpoints", "0000000001", "checkpoint.json");
        for (var i = 0; i < 12_000 && !File.Exists(folder); i++)
        {
            await Task.Delay(10);
        }

        Assert.True(File.Exists(folder));
    }
}
