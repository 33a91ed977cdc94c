using Microsoft.Extensions.Diagnostics.HealthChecks;
using Mlp.Monitoring.Compaction;
using Mlp.Monitoring.Performance;
using Mlp.Runtime;
using Mlp.TestSupport;

namespace Mlp.Monitoring.Tests.Compaction;

public sealed class SegmentRepairTests
{
    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task RunAsync_DamagedSegment_ReadersGoOnWithAllButTheBrokenBatch(bool compacts)
    {
        await using var log = new MaintainedLog(compacts);
        await log.WriteAsync(0, 1_000);
        var damaged = Damage(log, (bytes) => bytes.Length / 2);
        await Assert.ThrowsAsync<CorruptFileException>(log.ReadNumbersAsync);

        await log.RunAsync();

        var rest = await log.ReadNumbersAsync();
        var lost = Enumerable.Range(0, 1_000).Except(rest).ToList();
        Assert.Equal(rest.Order(), rest);
        Assert.Equal(50, lost.Count);
        Assert.Equal(49, lost[^1] - lost[0]);
        Assert.True(rest[0] == 0 && lost[0] > 0);
        var statistics = log.Maintenance.Statistics;
        Assert.Equal((1, 0), (statistics.Damaged, statistics.Failed));
        Assert.InRange(statistics.LostBytes, 1, 64 * 1024);
        Assert.True(File.Exists(damaged + SegmentRepair.DamagedExtension));
        var health = log.Maintenance.CheckHealth();
        Assert.Equal(HealthStatus.Degraded, health.Status);
        Assert.Contains("was damaged", health.Description, StringComparison.Ordinal);
        await log.RunAsync();
        Assert.Equal(HealthStatus.Healthy, log.Maintenance.CheckHealth().Status);
        Assert.Equal(rest, await log.ReadNumbersAsync());
    }

    [Theory]
    [InlineData(12)]
    [InlineData(2_000)]
    public async Task RunAsync_HeaderOrSchemaDamaged_TheSegmentGoesAndTheOthersAreRead(int offset)
    {
        await using var log = new MaintainedLog(compacts: false);
        await log.WriteAsync(0, 1_000);
        var damaged = Damage(log, _ => offset);

        await log.RunAsync();

        var rest = await log.ReadNumbersAsync();
        Assert.Equal(Enumerable.Range(rest[0], 1_000 - rest[0]), rest);
        Assert.True(rest[0] > 0);
        Assert.False(File.Exists(damaged));
        Assert.Equal(new FileInfo(damaged + SegmentRepair.DamagedExtension).Length, log.Maintenance.Statistics.LostBytes);
    }

    [Fact]
    public async Task Refresh_FollowerStoppedAtDamage_GoesOnBehindItOnceRepaired()
    {
        await using var log = new MaintainedLog(compacts: false);
        await log.WriteAsync(0, 400);
        Damage(log, bytes => bytes.Length / 2);
        var index = new ScoreIndex("tips", log.Folder, log.Log.Reader.Settings, maximumCount: 10_000);
        Assert.Throws<CorruptFileException>(() => index.Refresh(CancellationToken.None));
        Assert.InRange(index.Count, 1, 350);

        await log.RunAsync();
        index.Refresh(CancellationToken.None);

        Assert.Equal(350, index.Count);
        Assert.Equal(350, Enumerable.Range(0, index.Count).Select(i => index[i].RequestId).Distinct().Count());
    }

    [Fact]
    public async Task RunAsync_DiskRefusesTheRepair_KeepsTheSegmentAndTriesAgain()
    {
        var disk = new RecordingDiskSync { OnSync = (_, _) => throw new IOException("No space left on device.") };
        await using var log = new MaintainedLog(compacts: false, disk: disk);
        await log.WriteAsync(0, 200);
        var damaged = Damage(log, bytes => bytes.Length / 2);
        var bytes = File.ReadAllBytes(damaged);

        await log.RunAsync();

        Assert.Equal(bytes, File.ReadAllBytes(damaged));
        Assert.Equal((0, 1), (log.Maintenance.Statistics.Damaged, log.Maintenance.Statistics.Failed));
        disk.OnSync = null;
        await log.RunAsync();
        Assert.Equal(150, (await log.ReadNumbersAsync()).Count);
        Assert.Empty(Directory.GetFiles(log.Folder, ".tmp-*"));
    }

    private static string Damage(MaintainedLog log, Func<byte[], int> offset)
    {
        var segment = log.Files(".mlplog").Order(StringComparer.Ordinal).First();
        var bytes = File.ReadAllBytes(segment);
        bytes[offset(bytes)] ^= 0xFF;
        File.WriteAllBytes(segment, bytes);
        return segment;
    }
}
