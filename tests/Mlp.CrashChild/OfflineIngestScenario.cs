using System.Globalization;
using Mlp.Features;
using Mlp.Features.Definitions;
using Mlp.Features.Hosting;

namespace Mlp.CrashChild;

/// <summary>
/// "ingest PATH FIRST STEP": takes batches FIRST, FIRST + STEP, ... of ten rows each into the offline store and prints "ack N" when batch N is in. Every value of batch N is N.
/// </summary>
internal sealed class OfflineIngestScenario : ICrashScenario
{
    public string Name => "ingest";

    public async Task RunAsync(IReadOnlyList<string> arguments, Action<string> acknowledge)
    {
        var store = FeatureStore.Open(arguments[0], new FeaturesBuilder().Add<IngestedRow>().Build(), Runtime.Hosting.MlPlatformMode.Reader);
        var step = int.Parse(arguments[2], CultureInfo.InvariantCulture);
        for (var number = int.Parse(arguments[1], CultureInfo.InvariantCulture); ; number += step)
        {
            var batch = number;
            var rows = Enumerable.Range(0, 10).Select(i => new IngestedRow(i, DateTimeOffset.UnixEpoch.AddHours((batch * 7) + i), batch, $"batch {batch}"));
            await store.IngestAsync(rows, FormattableString.Invariant($"batch-{number}"));
            acknowledge(FormattableString.Invariant($"ack {number}"));
        }
    }
}
