using Microsoft.Extensions.Logging.Abstractions;
using Mlp.Monitoring.PredictionLog;
using Mlp.Monitoring.Profiles;
using Mlp.Runtime.Data;
using Mlp.Runtime.Hosting;
using Mlp.Runtime.Predictions;
using Mlp.Runtime.Statistics;
using Mlp.Runtime.Storage;

namespace Mlp.CrashChild;

/// <summary>
/// "profiles DIRECTORY FIRST": logs numbered predictions, profiles them, saves the profile after each hundred and merges its files into one of the day all the while; prints "ack N" when all below N are in files.
/// </summary>
internal sealed class ProfilesScenario : ICrashScenario
{
    public string Name => "profiles";

    public async Task RunAsync(IReadOnlyList<string> arguments, Action<string> acknowledge)
    {
        var layout = new FeatureRowLayout([new("number", FeatureType.Int64, "v"), new("text", FeatureType.String, "v")]);
        var directory = new DataDirectory(arguments[0], MlPlatformMode.Owner);
        var store = new ProfileStore(directory, ProfileConfiguration.Default, DiskSync.Instance, TimeProvider.System, NullLogger<ProfileStore>.Instance);
        LiveProfile? live = null;
        await using var log = new PredictionLogWriter(
            directory,
            PredictionLogConfiguration.Default with { CommitInterval = TimeSpan.FromMilliseconds(2) },
            _ => true,
            DiskSync.Instance,
            TimeProvider.System,
            NullLogger<PredictionLogWriter>.Instance,
            model => [live = store.Watch(model, Task.FromResult<ReferenceProfile?>(null))]);
        await log.OpenAsync(CancellationToken.None);
        var sink = log.Attach(PredictionLogScenario.Serve(layout))!;
        var folder = new ProfileFolder(directory.Predictions, "crash");
        for (var next = long.Parse(arguments[1], System.Globalization.CultureInfo.InvariantCulture); ;)
        {
            PredictionLogScenario.Record(sink, layout, next, 100);
            next += 100;
            await log.FlushAsync(null, CancellationToken.None);
            live!.Save();
            acknowledge(FormattableString.Invariant($"ack {next}"));
            if (next % 500 == 0)
            {
                folder.MergeDays(long.MaxValue, _ => false, DiskSync.Instance, (file, failure) => throw new InvalidOperationException($"Expected '{file.Path}' to be merged.", failure));
            }
        }
    }
}
