using System.Globalization;
using Mlp.Features;
using Mlp.Features.Definitions;
using Mlp.Features.Hosting;
using Mlp.Features.Offline;

namespace Mlp.CrashChild;

/// <summary>
/// "maintain PATH FIRST": takes batches FIRST, FIRST + 1, ... into the offline store as <see cref="OfflineIngestScenario"/> does, compacts after every second one, beside a second task that compacts and
/// removes expired files as fast as it can, and prints "ack N" when batch N is in.
/// </summary>
internal sealed class OfflineMaintenanceScenario : ICrashScenario
{
    public string Name => "maintain";

    public async Task RunAsync(IReadOnlyList<string> arguments, Action<string> acknowledge)
    {
        var options = new FeatureStoreOptions { DuckDbThreads = 1, DuckDbMemoryLimitBytes = 128 << 20, TargetFileRows = 40, RemovedFileRetention = TimeSpan.Zero };
        var store = FeatureStore.Open(arguments[0], new FeaturesBuilder().Add<IngestedRow>().Build(), Runtime.Hosting.MlPlatformMode.Reader, options);
        var expiring = Task.Run(async () =>
        {
            while (true)
            {
                await store.ExpireAsync("ingested");
            }
        });
        for (var number = int.Parse(arguments[1], CultureInfo.InvariantCulture); !expiring.IsCompleted; number++)
        {
            var batch = number;
            var rows = Enumerable.Range(0, 10).Select(i => new IngestedRow(i, DateTimeOffset.UnixEpoch.AddHours((batch * 7) + i), batch, $"batch {batch}"));
            await store.IngestAsync(rows, FormattableString.Invariant($"batch-{number}"));
            acknowledge(FormattableString.Invariant($"ack {number}"));
            if (number % 2 == 1)
            {
                await store.CompactAsync("ingested", new CompactionOptions { IsFull = number % 8 == 7 });
            }
        }

        await expiring;
    }
}
