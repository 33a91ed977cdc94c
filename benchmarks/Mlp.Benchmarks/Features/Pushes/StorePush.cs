using Mlp.Features;
using Mlp.Features.Online;
using Mlp.Runtime.Hosting;

namespace Mlp.Benchmarks.Features.Pushes;

/// <summary>Our store, its checkpoints put off so that they do not fall into the turns of others.</summary>
internal sealed class StorePush : IPushWay
{
    private readonly PushTarget _target;

    private StorePush(FeatureStore store, PushTarget target) => (Store, _target) = (store, target);

    internal FeatureStore Store { get; }

    public string Name => _target == PushTarget.Online ? "push, online" : "push, online and offline";

    public Task PushAsync(PushedRows rows) => Store.PushAsync("stats", rows.Arrow, _target).AsTask();

    public Task SettleAsync() => Store.FlushAsync();

    public async ValueTask DisposeAsync() => await Store.Online.CloseAsync(default);

    internal static async Task<StorePush> OpenAsync(string directory, PushTarget target)
    {
        var online = new OnlineStoreOptions
        {
            MemorySize = 1L << 30,
            IndexSize = 64 << 20,
            CheckpointInterval = TimeSpan.FromHours(1),
            CheckpointWriteAheadLength = 1L << 36,
            CompactionLength = 1L << 40,
        };
        var store = FeatureStore.Open(directory, PushedRows.Catalog, MlPlatformMode.Owner, new FeatureStoreOptions { Online = online });
        await store.Online.OpenAsync(default);
        return new StorePush(store, target);
    }
}
