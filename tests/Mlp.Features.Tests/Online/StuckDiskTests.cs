using System.Globalization;
using System.Runtime.InteropServices;
using Microsoft.Extensions.Diagnostics.HealthChecks;
using Microsoft.Extensions.Time.Testing;
using Mlp.Features.Definitions;
using Mlp.Features.Hosting;
using Mlp.Features.Interop;
using Mlp.Features.Online;
using Mlp.Features.Tests.Materialization;
using Mlp.Runtime.Data;
using Mlp.Runtime.Storage;
using Mlp.TestSupport;

namespace Mlp.Features.Tests.Online;

/// <summary>A file of FASTER that cannot be written while a checkpoint is taken: it fails with a sentence, is taken later, and nobody waits for ever.</summary>
public sealed class StuckDiskTests : IDisposable
{
    private const long Start = OnlineTestViews.Start;

    private static readonly FeatureCatalog Catalog = new FeaturesBuilder().Add<Shop>().AddService("shops", 1, service => service.From<Shop>()).Build();
    private static readonly TimeSpan Patience = TimeSpan.FromMinutes(2);

    private readonly TempDirectory _directory = new();

    public void Dispose() => _directory.Dispose();

    [Fact]
    public async Task CheckpointAsync_IndexCannotBeWritten_SaysSoAndTheNextOneIsGood()
    {
        var view = OnlineTestViews.Floats(4);
        var (bad, good) = (Directory.CreateDirectory(_directory.Combine("bad")).FullName, Directory.CreateDirectory(_directory.Combine("good")).FullName);
        Directory.CreateDirectory(Path.Combine(bad, "index.bin"));
        RowStoreCheckpoint checkpoint;
        using (var store = Open())
        {
            using (var writer = store.RentWriter())
            {
                writer.Write(OnlineTestViews.KeyOf(view, 1), OnlineTestViews.FloatRow(view, new RowVersion(Start, Start, 1), 7));
                await writer.CompleteAsync();
            }

            var error = await Assert.ThrowsAsync<IOException>(() => store.CheckpointAsync(bad, default).WaitAsync(Patience));
            Assert.StartsWith($"Expected to write the index of a checkpoint of the online store to '{bad}', but the disk failed: ", error.Message, StringComparison.Ordinal);
            Assert.NotNull(error.InnerException);
            checkpoint = await store.CheckpointAsync(good, default).WaitAsync(Patience);
        }

        using var again = Open();
        again.Recover(good, checkpoint);
        var keys = 0;
        again.Scan((_, _) => keys++);
        Assert.Equal(1, keys);
    }

    [LinuxFact]
    public async Task CheckpointAsync_NoSpaceForTheIndex_SaysSo()
    {
        var folder = Directory.CreateDirectory(_directory.Combine("full")).FullName;
        File.CreateSymbolicLink(Path.Combine(folder, "index.bin"), "/dev/full");
        using var store = Open();

        var error = await Assert.ThrowsAsync<IOException>(() => store.CheckpointAsync(folder, default).WaitAsync(Patience));

        Assert.Contains("No space left on device", error.Message, StringComparison.Ordinal);
    }

    [SmallDiskFact]
    public async Task CheckpointAsync_SpaceForTheLogButNotForTheIndex_IsDegradedClosesAndIsTakenLater()
    {
        using var disk = new SmallDisk(24);
        await using var harness = new FeatureStoreHarness(Catalog) { Root = Directory.CreateDirectory(Path.Combine(disk.Root, "data")).FullName };
        await harness.OpenAsync();
        await PushAsync(harness, 0);
        await harness.Store.Online.Store.CheckpointAsync(default);
        await PushAsync(harness, 1000);
        var reserve = Path.Combine(disk.Root, "reserve");
        await File.WriteAllBytesAsync(reserve, new byte[32 << 10]);
        disk.Fill();
        File.Delete(reserve);

        Assert.Contains("No space left", (await Assert.ThrowsAsync<IOException>(() => harness.Store.Online.Store.CheckpointAsync(default).WaitAsync(Patience))).Message, StringComparison.Ordinal);
        harness.Clock.Advance(harness.Options.Online.CheckpointInterval);
        for (var i = 0; i < 12_000 && harness.Store.Online.CheckHealth().Status != HealthStatus.Degraded; i++)
        {
            await Task.Delay(10);
        }

        Assert.Equal(HealthStatus.Degraded, harness.Store.Online.CheckHealth().Status);
        await harness.Store.Online.CloseAsync(default).WaitAsync(Patience);
        disk.Free();
        await harness.OpenAsync();
        await harness.Store.Online.Store.CheckpointAsync(default);
        await harness.KillAsync();

        var rows = await harness.Store.ReadAsync("shops", Enumerable.Range(0, 2000).Select(i => (EntityValue)i.ToString(CultureInfo.InvariantCulture)).ToArray());
        Assert.Equal(Enumerable.Range(0, 2000).Select(i => (float)i), rows.Float32.ToArray());
    }

    [Theory]
    [InlineData(0)]
    [InlineData(OnlineTestViews.SmallHotTier)]
    public async Task CheckpointAsync_LogCannotBeWritten_SaysSoDeletesMeanwhileAndIsTakenLater(long hotTierSize)
    {
        await using var harness = new OnlineStoreHarness(hotTierSize: hotTierSize);
        await harness.OpenAsync();
        var obstacle = Directory.CreateDirectory(Path.Combine(harness.Folder, "rows", "rows.0")).FullName;
        await harness.PushAsync([(1, Start, Start, 1), (2, Start, Start, 2)]);

        var error = await Assert.ThrowsAsync<IOException>(() => harness.Store.CheckpointAsync(default).WaitAsync(Patience));
        Assert.Contains("but the disk failed and is tried again: ", error.Message, StringComparison.Ordinal);
        Assert.NotNull(harness.Store.BackgroundFailure);
        await Assert.ThrowsAsync<IOException>(() => harness.Store.CheckpointAsync(default).WaitAsync(Patience));
        await harness.Store.DeleteAsync(harness.View, [1L]).WaitAsync(Patience);
        Assert.Empty(Directory.GetDirectories(Path.Combine(harness.Folder, "checkpoints")));

        Directory.Delete(obstacle);
        harness.Clock.Advance(TimeSpan.FromSeconds(1));
        await TakeCheckpointAsync(harness.Store);
        Assert.Null(harness.Store.BackgroundFailure);
        await harness.KillAsync();

        Assert.Equal(FeatureStatus.Missing, (await harness.ReadAsync(1)).Status);
        Assert.Equal(2f, (await harness.ReadAsync(2)).Value);
    }

    /// <summary>Whoever hears of the failure and lets the clock go on has the write tried again.</summary>
    [Fact]
    public async Task WriteAsync_Fails_PausesBeforeAnybodyHearsOfIt()
    {
        var time = new WatchedPauses();
        var obstacle = Directory.CreateDirectory(_directory.Combine("rows.0")).FullName;
        var memory = Marshal.AllocHGlobal(512);
        try
        {
            using var device = new RowLogDevice(_directory.Combine("rows"), time, TimeSpan.FromSeconds(1));
            time.Device = device;
            var written = new TaskCompletionSource<uint>(TaskCreationOptions.RunContinuationsAsynchronously);

            device.WriteAsync(memory, 0, 0, 512, (_, length, _) => written.SetResult(length), new object());
            await device.WriteFailure.WaitAsync(Patience);
            Directory.Delete(obstacle);
            time.Advance(TimeSpan.FromSeconds(1));

            Assert.Equal(512u, await written.Task.WaitAsync(Patience));
            Assert.Equal([false], time.WereToldBefore);
        }
        finally
        {
            Marshal.FreeHGlobal(memory);
        }
    }

    [Fact]
    public async Task CloseAsync_LogCannotBeWritten_IsDegradedAndEndsAndNothingIsLost()
    {
        await using var harness = new FeatureStoreHarness(Catalog);
        await harness.OpenAsync();
        var obstacle = Directory.CreateDirectory(Path.Combine(harness.Root, "features", "online", "rows", "rows.0")).FullName;
        var at = harness.Clock.GetUtcNow();
        await harness.Store.PushAsync(new Shop("a", at, at, 1));
        Assert.Equal(HealthStatus.Healthy, harness.Store.Online.CheckHealth().Status);
        await Assert.ThrowsAsync<IOException>(() => harness.Store.Online.Store.CheckpointAsync(default).WaitAsync(Patience));

        var health = harness.Store.Online.CheckHealth();
        Assert.Equal(HealthStatus.Degraded, health.Status);
        Assert.StartsWith("A checkpoint or an offline commit of pushed rows fails and is tried again: ", health.Description, StringComparison.Ordinal);
        await harness.Store.Online.CloseAsync(default).WaitAsync(Patience);
        Directory.Delete(obstacle);
        await harness.OpenAsync();

        Assert.Equal(1f, (await harness.Store.ReadAsync("shops", new EntityValue[] { "a" })).Float32[0]);
        Assert.Equal(HealthStatus.Healthy, harness.Store.Online.CheckHealth().Status);
    }

    private static async Task PushAsync(FeatureStoreHarness harness, int first)
    {
        var at = harness.Clock.GetUtcNow();
        await harness.Store.PushAsync(Enumerable.Range(first, 1000).Select(i => new Shop(i.ToString(CultureInfo.InvariantCulture), at, at, i)));
    }

    /// <summary>The write that waits is tried again on another thread.</summary>
    private static async Task TakeCheckpointAsync(OnlineStore store)
    {
        for (var i = 0; ; i++)
        {
            try
            {
                await store.CheckpointAsync(default).WaitAsync(Patience);
                return;
            }
            catch (IOException) when (i < 12_000)
            {
                await Task.Delay(10);
            }
        }
    }

    private FasterRowStore Open() => new(Directory.CreateDirectory(_directory.Combine("log")).FullName, OnlineTestViews.SmallOptions(), DiskSync.Instance, TimeProvider.System);

    /// <summary>A clock that stands still and keeps for each pause whether the failure had been told when it began.</summary>
    private sealed class WatchedPauses : FakeTimeProvider
    {
        public RowLogDevice? Device { get; set; }

        public List<bool> WereToldBefore { get; } = [];

        public override ITimer CreateTimer(TimerCallback callback, object? state, TimeSpan dueTime, TimeSpan period)
        {
            WereToldBefore.Add(Device!.WriteFailure.IsCompleted);
            return base.CreateTimer(callback, state, dueTime, period);
        }
    }
}
