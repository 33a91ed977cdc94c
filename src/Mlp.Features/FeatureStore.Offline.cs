using Mlp.Features.Definitions;
using Mlp.Features.Hosting;
using Mlp.Features.Offline;
using Mlp.Runtime.Telemetry;

namespace Mlp.Features;

/// <content>Keeping the offline store in order.</content>
public sealed partial class FeatureStore
{
    private OfflineMaintenance? _maintenance;

    /// <summary>Why the last work in the background failed; null once it has succeeded.</summary>
    internal Exception? MaintenanceFailure => _maintenance?.Failure;

    internal OfflineMaintenance? Maintenance => _maintenance;

    /// <summary>
    /// Brings the rows of many small data files of a view into few, in one commit. Of rows with one key, event time and created time the latest is kept. Every training set comes out as before, bit for bit, also
    /// of earlier commits: their files stay for <see cref="FeatureStoreOptions.RemovedFileRetention"/>. Ingests, pushes and readers go on meanwhile, in any process.
    /// The owner of the data directory does it by itself (<see cref="FeatureStoreOptions.CompactionFileCount"/>).
    /// </summary>
    /// <param name="view">View name.</param>
    /// <param name="options">Which files; null for small ones.</param>
    /// <param name="version">View version; null for the highest.</param>
    /// <param name="cancellationToken">Gives up; nothing is changed then.</param>
    /// <returns>What was done; it is on the device.</returns>
    /// <exception cref="FeatureDefinitionException">There is no such view.</exception>
    /// <exception cref="ArgumentOutOfRangeException">An option is out of its range.</exception>
    /// <exception cref="Runtime.CorruptFileException">A data file is damaged.</exception>
    public Task<CompactionResult> CompactAsync(string view, CompactionOptions? options = null, int? version = null, CancellationToken cancellationToken = default)
    {
        var definition = OpenView(view, version);
        options ??= new CompactionOptions();
        options.Check();
        return Task.Run(() => CompactTracedAsync(definition, options, cancellationToken), cancellationToken);
    }

    /// <summary>
    /// Removes the data files of a view that compactions took out longer than <see cref="FeatureStoreOptions.RemovedFileRetention"/> ago; commits that need them can then not be read any more. The owner of the data
    /// directory does it by itself.
    /// </summary>
    /// <param name="view">View name.</param>
    /// <param name="version">View version; null for the highest.</param>
    /// <param name="cancellationToken">Gives up before anything is removed.</param>
    /// <returns>Number of files removed.</returns>
    /// <exception cref="FeatureDefinitionException">There is no such view.</exception>
    public Task<int> ExpireAsync(string view, int? version = null, CancellationToken cancellationToken = default)
    {
        var definition = OpenView(view, version);
        return Task.Run(() => Offline.Open(definition).Expiry.Run(Options.RemovedFileRetention), cancellationToken);
    }

    /// <summary>Starts what the owner does in the background.</summary>
    internal void StartMaintenance()
    {
        if (Directory.IsOwner)
        {
            _maintenance = OfflineMaintenance.Start(MaintainAsync, Options.MaintenanceInterval, _time, _logger);
        }
    }

    /// <summary>Ends it.</summary>
    internal async Task StopMaintenanceAsync()
    {
        if (_maintenance is { } maintenance)
        {
            _maintenance = null;
            await maintenance.DisposeAsync().ConfigureAwait(false);
        }
    }

    private async Task MaintainAsync(CancellationToken cancellationToken)
    {
        foreach (var definition in Catalog.Views)
        {
            var view = Offline.Open(definition);
            var options = new CompactionOptions { MinimumFiles = Math.Max(2, Options.CompactionFileCount) };
            if (Options.CompactionFileCount > 0 && new OfflineCompaction(Offline, view).FindFiles(options).Count >= options.MinimumFiles)
            {
                await CompactTracedAsync(definition, options, cancellationToken).ConfigureAwait(false);
            }

            view.Expiry.Run(Options.RemovedFileRetention);
        }
    }

    private Task<CompactionResult> CompactTracedAsync(FeatureViewDefinition definition, CompactionOptions options, CancellationToken cancellationToken)
        => TracedWork.RunAsync(
            () => FeatureActivities.StartForView(FeatureSpans.Compact, definition.Name, definition.Version),
            () => Task.FromResult(new OfflineCompaction(Offline, Offline.Open(definition)).Run(options, cancellationToken)),
            static (span, result) => span.SetTag("rows", result.RowsAfter).SetTag("files", result.FilesBefore));
}
