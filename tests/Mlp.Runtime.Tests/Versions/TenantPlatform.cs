using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Time.Testing;
using Mlp.Runtime.Data;
using Mlp.Runtime.Hosting;
using Mlp.Runtime.Inference;
using Mlp.Runtime.Predictions;
using Mlp.Runtime.Registry;
using Mlp.Runtime.Tests.Inference;
using static Mlp.Runtime.Tests.Inference.TestPlatform;

namespace Mlp.Runtime.Tests.Versions;

/// <summary>Models <c>tenant-1</c>, <c>tenant-2</c>, ... that are loaded on first call. Version v of any of them answers feature 1 with the logistic of v.</summary>
internal sealed class TenantPlatform : IAsyncDisposable
{
    public TenantPlatform(int? limit = null, Action<ModelOptions>? configure = null, IFeatureSource? features = null, params IPredictionObserver[] observers)
    {
        Platform = new TestPlatform(Time, features, observers);
        Registry = new WatchedRegistry(Platform.Registry);
        Platform.Services.AddSingleton<IModelRegistry>(Registry);
        Platform.AddModels("tenant-*", configure);
        if (limit is { } maximum)
        {
            Platform.LimitLoadedModels(maximum);
        }
    }

    public FakeTimeProvider Time { get; } = new(DateTimeOffset.UnixEpoch.AddYears(56));

    public TestPlatform Platform { get; }

    public WatchedRegistry Registry { get; }

    public int LoadedCount => Platform.Catalog.Models.Count(m => m.State == ModelState.Ready);

    public IModel this[int tenant] => Platform.Catalog.GetModel(Name(tenant));

    public static string Name(int tenant) => FormattableString.Invariant($"tenant-{tenant}");

    public async Task PublishAsync(int tenantCount, FeatureServiceDescription? service = null)
    {
        for (var tenant = 1; tenant <= tenantCount; tenant++)
        {
            var manifest = await Platform.Registry.PublishAsync(Name(tenant), Package(TestGraphs.Logistic(1), Binary(), service));
            await Platform.Registry.SetAliasAsync(Name(tenant), "champion", manifest.Version, 0);
        }

        await Platform.Catalog.OpenAsync(CancellationToken.None);
    }

    /// <summary>Calls a tenant a second after the call before.</summary>
    public void Call(int tenant)
    {
        Time.Advance(TimeSpan.FromSeconds(1));
        Assert.Equal(1 / (1 + Math.Exp(-1)), this[tenant].Predict([1]).Score, 1e-6);
    }

    public ValueTask DisposeAsync() => Platform.DisposeAsync();
}
