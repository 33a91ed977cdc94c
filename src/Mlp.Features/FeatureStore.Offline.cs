using Mlp.Features.Definitions;
using Mlp.Features.Deletion;
using Mlp.Features.Hosting;
using Mlp.Features.Offline;
using Mlp.Runtime.Data;
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
    /// <returns>What was removed.</returns>
    /// <exception cref="FeatureDefinitionException">There is no such view.</exception>
    public Task<ExpirationResult> ExpireAsync(string view, int? version = null, CancellationToken cancellationToken = default)
    {
        var definition = OpenView(view, version);
        return Task.Run(() => new ExpirationResult(definition.Name, definition.Version, Offline.Open(definition).Expiry.Run(Options.RemovedFileRetention)), cancellationToken);
    }

    /// <summary>
    /// Deletes all rows of an entity in every version of a view, for a request under privacy law: from the online store, its write-ahead log included, and from the data files of the offline store, also those of earlier
    /// commits. Training sets of earlier commits come out without them. Begun, it is completed, after a crash at the next start of the owner. Rows that are taken in later are new rows.
    /// </summary>
    /// <param name="view">View name.</param>
    /// <param name="key">The parts of the key in the order of the view's highest version; null in none.</param>
    /// <param name="options">Null for the defaults.</param>
    /// <param name="cancellationToken">Gives up before anything is deleted; later it is ignored.</param>
    /// <returns>What was deleted; it is gone when the task completes. <see cref="EntityDeletionOptions.EraseOnlineFiles"/> says when the last bytes are.</returns>
    /// <exception cref="FeatureDefinitionException">There is no such view.</exception>
    /// <exception cref="ArgumentException">The key does not fit the view, or a part of it is null.</exception>
    /// <exception cref="InvalidOperationException">This process does not own the data directory, or its online store is not open.</exception>
    /// <exception cref="Runtime.CorruptFileException">A data file is damaged; the deletion is tried again until the file is restored.</exception>
    public Task<EntityDeletionResult> DeleteEntityAsync(
        string view, ReadOnlyMemory<EntityValue> key, EntityDeletionOptions? options = null, CancellationToken cancellationToken = default)
    {
        EnsureOpen();
        return DeleteTracedAsync(_deletions.TargetsOf(view, key.Span), options, cancellationToken);
    }

    /// <summary>
    /// Deletes all rows of an entity in every view that has its keys, in all versions, also in those that the application no longer defines and in those that had the keys under other names (<c>Renamed</c>); of a view
    /// with more keys all rows that have the values.
    /// See the overload for one view.
    /// </summary>
    /// <param name="keys">Names of key columns and their values, at least one; null is none.</param>
    /// <param name="options">Null for the defaults.</param>
    /// <param name="cancellationToken">Gives up before anything is deleted; later it is ignored.</param>
    /// <returns>What was deleted in which view.</returns>
    /// <exception cref="ArgumentException">No view has the keys, a view has one of another type, or a value is null.</exception>
    /// <exception cref="InvalidOperationException">This process does not own the data directory, or its online store is not open.</exception>
    /// <exception cref="Runtime.CorruptFileException">A data file is damaged; the deletion is tried again until the file is restored.</exception>
    public Task<EntityDeletionResult> DeleteEntityAsync(
        IReadOnlyDictionary<string, EntityValue> keys, EntityDeletionOptions? options = null, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(keys);
        EnsureOpen();
        return DeleteTracedAsync(_deletions.TargetsOf(keys), options, cancellationToken);
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
        await _deletions.ResumeAsync(cancellationToken).ConfigureAwait(false);
        await AdoptAllAsync(cancellationToken).ConfigureAwait(false);
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

    private Task<EntityDeletionResult> DeleteTracedAsync(IReadOnlyList<EntityDeletionTarget> targets, EntityDeletionOptions? options, CancellationToken cancellationToken)
        => Task.Run(
            () => TracedWork.RunAsync(
                () => FeatureActivities.Start(FeatureSpans.DeleteEntity),
                () => _deletions.RunAsync(targets, options?.EraseOnlineFiles ?? false, cancellationToken),
                static (span, result) => span.SetTag("views", result.Views.Count).SetTag("rows", result.Views.Sum(view => view.OfflineRowCount))),
            cancellationToken);

    private Task<CompactionResult> CompactTracedAsync(FeatureViewDefinition definition, CompactionOptions options, CancellationToken cancellationToken)
        => TracedWork.RunAsync(
            () => FeatureActivities.StartForView(FeatureSpans.Compact, definition.Name, definition.Version),
            () => Task.FromResult(new OfflineCompaction(Offline, Offline.Open(definition)).Run(options, cancellationToken)),
            static (span, result) => span.SetTag("rows", result.RowsAfter).SetTag("files", result.FilesBefore));
}
