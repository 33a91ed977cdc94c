using Microsoft.Extensions.Logging.Abstractions;
using Mlp.Monitoring.Compaction;
using Mlp.Monitoring.PredictionLog;
using Mlp.Runtime.Data;
using Mlp.Runtime.Hosting;
using Mlp.Runtime.Models;
using Mlp.Runtime.Predictions;
using Mlp.Runtime.Storage;

namespace Mlp.CrashChild;

/// <summary>
/// "maintainedlog DIRECTORY FIRST": logs numbered predictions into small segments and compacts what is sealed all the while, and prints "ack N" when all below N were flushed.
/// </summary>
internal sealed class MaintainedLogScenario : ICrashScenario
{
    public string Name => "maintainedlog";

    public async Task RunAsync(IReadOnlyList<string> arguments, Action<string> acknowledge)
    {
        var layout = new FeatureRowLayout([new("number", FeatureType.Int64, "v"), new("text", FeatureType.String, "v")]);
        var directory = new DataDirectory(arguments[0], MlPlatformMode.Owner);
        await using var log = new PredictionLogWriter(
            directory,
            PredictionLogConfiguration.Default with { CommitInterval = TimeSpan.FromMilliseconds(2), MaximumSegmentByteCount = 256 * 1024 },
            _ => true,
            DiskSync.Instance,
            TimeProvider.System,
            NullLogger<PredictionLogWriter>.Instance);
        using var maintenance = new LogMaintenance(
            directory,
            log,
            new MaintenanceConfiguration(Compacts: true, MaximumAge: null, MaximumByteCount: null, TimeSpan.FromSeconds(1), TimeSpan.FromHours(1)),
            PredictionLogReader.DuckDbOf(PredictionLogReader.WorkFolderOf(directory)),
            DiskSync.Instance,
            TimeProvider.System,
            NullLogger<LogMaintenance>.Instance);
        await log.OpenAsync(CancellationToken.None);
        await maintenance.OpenAsync(CancellationToken.None);
        var sink = log.Attach(PredictionLogScenario.Serve(layout))!;
        var compacting = Task.Run(async () =>
        {
            while (true)
            {
                await maintenance.RunAsync(CancellationToken.None);
            }
        });
        for (var next = long.Parse(arguments[1], System.Globalization.CultureInfo.InvariantCulture); !compacting.IsCompleted;)
        {
            PredictionLogScenario.Record(sink, layout, next, 100);
            next += 100;
            await log.FlushAsync(null, CancellationToken.None);
            acknowledge(FormattableString.Invariant($"ack {next}"));
        }

        await compacting;
    }
}
