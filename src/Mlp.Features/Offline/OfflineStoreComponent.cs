using System.Globalization;
using Microsoft.Extensions.Diagnostics.HealthChecks;
using Mlp.Runtime;
using Mlp.Runtime.Hosting;

namespace Mlp.Features.Offline;

/// <summary>Opens the offline store with the platform and watches over its files.</summary>
internal sealed class OfflineStoreComponent(FeatureStore store) : IPlatformComponent
{
    private volatile bool _isOpen;

    public string Name => "offline-store";

    public PlatformStage Stage => PlatformStage.Features;

    public Task OpenAsync(CancellationToken cancellationToken) => Task.Run(
        () =>
        {
            store.OpenOffline();
            store.StartMaintenance();
            _isOpen = true;
        },
        cancellationToken);

    // Every commit is on the device when its ingest completes, so there is nothing to flush.
    public async Task CloseAsync(CancellationToken cancellationToken)
    {
        _isOpen = false;
        store.CloseOffline();
        await store.StopMaintenanceAsync().ConfigureAwait(false);
    }

    public HealthCheckResult CheckHealth()
    {
        if (!_isOpen)
        {
            return HealthCheckResult.Unhealthy("The offline store is not open.");
        }

        try
        {
            long rows = 0;
            foreach (var view in store.Catalog.Views)
            {
                rows += store.Offline.Open(view).GetSnapshot().RowCount;
            }

            if (store.MaintenanceFailure is { } failure)
            {
                return HealthCheckResult.Degraded($"A compaction, an expiry or a deletion in the background fails and is tried again: {failure.Message}", failure);
            }

            return HealthCheckResult.Healthy(string.Create(CultureInfo.InvariantCulture, $"{store.Catalog.Views.Count} {(store.Catalog.Views.Count == 1 ? "view" : "views")} with {rows} {(rows == 1 ? "row" : "rows")}."));
        }
        catch (Exception e) when (e is MlPlatformException or IOException or UnauthorizedAccessException)
        {
            return HealthCheckResult.Unhealthy(e.Message, e);
        }
    }
}
