using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Abstractions;
using Microsoft.Extensions.Time.Testing;
using Mlp.Features.Definitions;
using Mlp.Features.Tests.Online;
using Mlp.Runtime.Data;
using Mlp.Runtime.Hosting;
using Mlp.Runtime.Storage;
using Mlp.TestSupport;

namespace Mlp.Features.Tests.Materialization;

/// <summary>A feature store with both sides open over a directory of its own, that can be closed, killed and opened again.</summary>
internal sealed class FeatureStoreHarness(FeatureCatalog catalog, long hotTierSize = 0) : IAsyncDisposable
{
    private readonly TempDirectory _directory = new();
    private FeatureStore? _store;

    internal FakeTimeProvider Clock { get; } = new(Microseconds.ToDateTimeOffset(OnlineTestViews.Start));

    internal IDiskSync Disk { get; set; } = DiskSync.Instance;

    internal ILoggerFactory Loggers { get; set; } = NullLoggerFactory.Instance;

    internal FeatureStoreOptions Options { get; } = new() { DuckDbThreads = 1, DuckDbMemoryLimitBytes = 256 << 20, Online = OnlineTestViews.SmallOptions(hotTierSize) };

    internal string Root { get; set; } = string.Empty;

    internal FeatureStore Store => _store ?? throw new InvalidOperationException("Not open.");

    internal long Now => Microseconds.FromRequestTime(Clock.GetUtcNow());

    public async ValueTask DisposeAsync()
    {
        if (_store is not null)
        {
            await _store.Online.CloseAsync(default);
        }

        _directory.Dispose();
    }

    internal async Task OpenAsync(MlPlatformMode mode = MlPlatformMode.Owner)
    {
        Root = Root.Length == 0 ? Directory.CreateDirectory(_directory.Combine("data")).FullName : Root;
        _store = new FeatureStore(new DataDirectory(Root, mode), catalog, Options, Clock, Loggers, Disk);
        _store.OpenOffline();
        await _store.Online.OpenAsync(default);
    }

    internal async Task ReopenAsync()
    {
        await Store.Online.CloseAsync(default);
        await OpenAsync();
    }

    internal async Task KillAsync()
    {
        await Store.Online.Store.AbandonAsync();
        await OpenAsync();
    }

    internal string NewFolder(string name) => _directory.Combine(name);
}
