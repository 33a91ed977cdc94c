using Microsoft.Extensions.Diagnostics.HealthChecks;
using Microsoft.Extensions.Logging.Abstractions;
using Microsoft.Extensions.Time.Testing;
using Mlp.Monitoring.Compaction;
using Mlp.Monitoring.PredictionLog;
using Mlp.Runtime.Data;
using Mlp.Runtime.Hosting;
using Mlp.Runtime.Storage;
using Mlp.TestSupport;

namespace Mlp.Monitoring.Tests.Compaction;

/// <summary>A folder among the logs that cannot be opened: what is wrong with it does not end the care for the others.</summary>
public sealed class UnlistableLogTests
{
    private readonly FakeTimeProvider _time = new(DateTimeOffset.UnixEpoch.AddDays(20_000));

    [LinuxFact]
    public async Task RunAsync_FolderThatCannotBeListed_IsCountedAndTheOthersAreServed()
    {
        using var folder = new UnlistableFolder("predictions");
        using var maintenance = Create(folder.FullName);
        var old = WriteOld(folder.FullName);

        await maintenance.RunAsync(CancellationToken.None);

        Assert.False(File.Exists(old));
        Assert.Equal((1, 1), (maintenance.Statistics.Expired, maintenance.Statistics.Failed));
        Assert.Equal(HealthStatus.Degraded, maintenance.CheckHealth().Status);
        Assert.Contains(new string('a', 250), maintenance.CheckHealth().Description, StringComparison.Ordinal);
    }

    [LinuxFact]
    public async Task OpenAsync_FolderThatCannotBeListed_GoesOnEveryInterval()
    {
        using var folder = new UnlistableFolder("predictions");
        using var maintenance = Create(folder.FullName);
        await maintenance.OpenAsync(CancellationToken.None);
        await AdvanceUntilAsync(() => maintenance.Statistics.Failed >= 2);
        var old = WriteOld(folder.FullName);
        await AdvanceUntilAsync(() => maintenance.Statistics.Expired == 1);

        await maintenance.CloseAsync(CancellationToken.None);
        Assert.False(File.Exists(old));
    }

    private LogMaintenance Create(string root)
    {
        var directory = new DataDirectory(root, MlPlatformMode.Owner);
        var writer = new PredictionLogWriter(directory, PredictionLogConfiguration.Default, _ => true, DiskSync.Instance, _time, NullLogger<PredictionLogWriter>.Instance);
        var configuration = new MaintenanceConfiguration(Compacts: false, TimeSpan.FromDays(1), null, TimeSpan.FromMinutes(1), TimeSpan.FromHours(1));
        return new LogMaintenance(
            directory, writer, configuration, PredictionLogReader.DuckDbOf(PredictionLogReader.WorkFolderOf(directory)), DiskSync.Instance, _time, NullLogger<LogMaintenance>.Instance);
    }

    /// <summary>A segment of the year 1970 in the folder that is looked at last.</summary>
    private static string WriteOld(string root)
    {
        var path = Path.Combine(Directory.CreateDirectory(Path.Combine(root, "predictions", "tips")).FullName, "1-1-0.mlplog");
        FrameLogWriter.Create(DiskSync.Instance, path, "{}"u8).Dispose();
        return path;
    }

    private async Task AdvanceUntilAsync(Func<bool> condition)
    {
        while (!condition())
        {
            _time.Advance(TimeSpan.FromMinutes(1));
            await Task.Delay(1);
        }
    }
}
