using System.Globalization;
using Microsoft.Extensions.DependencyInjection;
using Mlp.Features;
using Mlp.Features.Online;
using Mlp.Runtime.Hosting;

namespace Mlp.CrashChild;

/// <summary>
/// "push DIRECTORY FIRST WRITERS": opens the platform and pushes numbered rows from several writers at once, some alone and some in lists, with checkpoints every few milliseconds and small
/// offline batches, and prints "ack FIRST COUNT" for each push that was acknowledged.
/// </summary>
internal sealed class PushScenario : ICrashScenario
{
    public string Name => "push";

    public async Task RunAsync(IReadOnlyList<string> arguments, Action<string> acknowledge)
    {
        var builder = MlPlatform.CreateBuilder().UseDataDirectory(arguments[0])
            .AddFeatures(features => features.Add<PushedNumber>().AddService("numbers", 1, service => service.From<PushedNumber>()));
        builder.Services.Configure<FeatureStoreOptions>(Configure);
        await using var platform = builder.Build();
        await platform.StartAsync();
        var store = platform.Services.GetRequiredService<FeatureStore>();
        var next = long.Parse(arguments[1], CultureInfo.InvariantCulture);
        acknowledge("start");
        await Task.WhenAll(Enumerable.Range(0, int.Parse(arguments[2], CultureInfo.InvariantCulture)).Select(_ => Task.Run(PushForEverAsync)));

        async Task PushForEverAsync()
        {
            while (true)
            {
                var count = Interlocked.Increment(ref next) % 4 == 0 ? 6 : 1;
                var first = Interlocked.Add(ref next, count) - count;
                await store.PushAsync(Enumerable.Range(0, count).Select(i => PushedNumber.Create(first + i)).ToList());
                acknowledge(FormattableString.Invariant($"ack {first} {count}"));
            }
        }
    }

    internal static void Configure(FeatureStoreOptions options)
    {
        options.DuckDbThreads = 1;
        options.DuckDbMemoryLimitBytes = 128 << 20;
        options.Online = new OnlineStoreOptions
        {
            MemorySize = 1 << 20,
            IndexSize = 1 << 16,
            PageSize = 1 << 16,
            SegmentSize = 1 << 18,
            CheckpointInterval = TimeSpan.FromMilliseconds(4),
            CompactionLength = 1 << 20,
            OfflineBatchSize = 40,
        };
    }
}
