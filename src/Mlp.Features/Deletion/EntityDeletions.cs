using System.Text.Json;
using Microsoft.Extensions.Logging;
using Mlp.Features.Definitions;
using Mlp.Features.Offline;
using Mlp.Features.Online;
using Mlp.Runtime;
using Mlp.Runtime.Data;
using Mlp.Runtime.Hosting;
using Mlp.Runtime.Storage;

namespace Mlp.Features.Deletion;

/// <summary>
/// Deletes entities: first a file says what is to be deleted, then the online rows go, then the offline ones, then that file. So a deletion that a crash broke off is completed at the next opening.
/// Thread-safe; one deletion runs at a time.
/// </summary>
internal sealed class EntityDeletions(
    DataDirectory directory, FeatureCatalog catalog, DefinitionStore definitions, OfflineStore offline, OnlineFeatures online, IDiskSync disk, TimeProvider time, ILogger logger)
{
    /// <summary>How batch ids of deletions start.</summary>
    internal const string BatchPrefix = "mlp-deletion/";

    // Lives as long as the process: nobody waits on a handle of it, so there is nothing to dispose.
    private readonly SemaphoreSlim _gate = CreateGate();
    private readonly string _folder = Path.Combine(directory.Features, "deletions");

    /// <summary>The versions of a view in which an entity is deleted.</summary>
    /// <param name="view">Name of the view.</param>
    /// <param name="key">Key parts in the order of the highest version.</param>
    /// <exception cref="ArgumentException">The key does not fit.</exception>
    internal IReadOnlyList<EntityDeletionTarget> TargetsOf(string view, ReadOnlySpan<EntityValue> key)
    {
        var highest = catalog.GetView(view, null);
        if (key.Length != highest.Keys.Count)
        {
            throw new ArgumentException($"Expected {highest.Keys.Count} key parts ({string.Join(", ", highest.Keys.Select(part => part.Name))}) for {highest}, but found {key.Length}.", nameof(key));
        }

        var keys = new Dictionary<string, EntityValue>(StringComparer.Ordinal);
        for (var i = 0; i < key.Length; i++)
        {
            keys.Add(highest.Keys[i].Name, key[i]);
        }

        return [.. AllViews().Where(other => other.Name == view).Select(other => CreateTarget(other, Lineage.Translate(highest, keys, other) ?? keys))];
    }

    /// <summary>The views that have keys.</summary>
    /// <param name="keys">Names and values.</param>
    /// <exception cref="ArgumentException">There is none, or one has a key of another type.</exception>
    internal IReadOnlyList<EntityDeletionTarget> TargetsOf(IReadOnlyDictionary<string, EntityValue> keys)
    {
        if (keys.Count == 0)
        {
            throw new ArgumentException("Expected the name and value of at least one key, but found none.", nameof(keys));
        }

        bool HasKeys(FeatureViewDefinition view) => keys.Keys.All(name => view.Keys.Any(key => key.Name == name));
        var views = AllViews().Where(HasKeys).ToList();
        var renamed = AllViews().Where(view => !HasKeys(view)).Select(view => (View: view, Keys: views.Select(named => Lineage.Translate(named, keys, view)).FirstOrDefault(names => names is not null)));
        return views.Count == 0
            ? throw new ArgumentException($"Expected a feature view with {(keys.Count == 1 ? "the key" : "the keys")} {string.Join(", ", keys.Keys.Select(name => $"'{name}'"))}, but there is none.", nameof(keys))
            : [.. views.Select(view => CreateTarget(view, keys)), .. renamed.Where(pair => pair.Keys is not null).Select(pair => CreateTarget(pair.View, pair.Keys!))];
    }

    /// <summary>Deletes.</summary>
    /// <param name="targets">The entity in its views.</param>
    /// <param name="eraseOnlineFiles">Whether the files of the online store are rewritten.</param>
    /// <param name="cancellationToken">Gives up before anything is deleted.</param>
    internal async Task<EntityDeletionResult> RunAsync(IReadOnlyList<EntityDeletionTarget> targets, bool eraseOnlineFiles, CancellationToken cancellationToken)
    {
        RequireOwner();
        await _gate.WaitAsync(cancellationToken).ConfigureAwait(false);
        try
        {
            var document = new EntityDeletionDocument(
                EntityDeletionDocument.FormatValue,
                VersionedJson.FirstVersion,
                Guid.NewGuid(),
                Microseconds.FromRequestTime(time.GetUtcNow()),
                eraseOnlineFiles,
                [.. targets.Select(target => new EntityDeletionDocument.Target(target.View.Name, target.View.Version, [.. target.Key.Select(EntityDeletionDocument.Part.Of)]))]);
            DurableFile.CreateDirectories(disk, _folder);
            Write(document);
            return await CompleteAsync(document, targets).ConfigureAwait(false);
        }
        finally
        {
            _gate.Release();
        }
    }

    /// <summary>Does work that brings rows from one view into another, while nothing is deleted: rows would come back.</summary>
    /// <param name="work">The work.</param>
    /// <param name="cancellationToken">Gives up before it begins.</param>
    /// <returns>What the work gives; null when a deletion was broken off and is not completed yet, and then nothing is done.</returns>
    internal async Task<T?> TryWithoutDeletionAsync<T>(Func<T> work, CancellationToken cancellationToken)
        where T : class
    {
        await _gate.WaitAsync(cancellationToken).ConfigureAwait(false);
        try
        {
            var isBrokenOff = Directory.Exists(_folder) && Directory.EnumerateFiles(_folder).Any(path => !DurableFile.IsTemporary(path));
            return isBrokenOff ? null : work();
        }
        finally
        {
            _gate.Release();
        }
    }

    /// <summary>Completes deletions that were broken off, when the store opens. What cannot be completed is told and tried again later.</summary>
    /// <param name="cancellationToken">Gives up between two.</param>
    internal async Task ResumeAtOpenAsync(CancellationToken cancellationToken)
    {
        try
        {
            await ResumeAsync(cancellationToken).ConfigureAwait(false);
        }
        catch (Exception error) when (error is not OperationCanceledException)
        {
            OfflineMetrics.MaintenanceFailures.Add(1);
            logger.LogError(error, "A deletion of an entity that was broken off could not be completed and will be tried again.");
        }
    }

    /// <summary>Completes deletions that were broken off.</summary>
    /// <param name="cancellationToken">Gives up between two.</param>
    internal async Task ResumeAsync(CancellationToken cancellationToken)
    {
        if (!directory.IsOwner || !Directory.Exists(_folder))
        {
            return;
        }

        await _gate.WaitAsync(cancellationToken).ConfigureAwait(false);
        try
        {
            foreach (var path in Directory.EnumerateFiles(_folder).Order(StringComparer.Ordinal).ToList())
            {
                cancellationToken.ThrowIfCancellationRequested();
                if (DurableFile.IsTemporary(path))
                {
                    // It names an entity, and nothing was deleted for it.
                    DurableFile.Delete(disk, path);
                    continue;
                }

                RequireOwner();
                var document = VersionedJson.Read(
                    File.ReadAllBytes(path), path, EntityDeletionDocument.FormatValue, EntityDeletionDocument.CurrentFormatVersion, EntityDeletionJson.Default.EntityDeletionDocument);
                await CompleteAsync(document, [.. document.Targets.Select(target => Resolve(target, path))]).ConfigureAwait(false);
                logger.LogInformation("Completed deletion {Id} of an entity, which had been broken off", document.Id);
            }
        }
        finally
        {
            _gate.Release();
        }
    }

    private async Task<EntityDeletionResult> CompleteAsync(EntityDeletionDocument document, IReadOnlyList<EntityDeletionTarget> targets)
    {
        var views = new List<EntityDeletionView>();
        if (!online.IsOpen)
        {
            views.AddRange(targets.Select((target, i) => DeleteOffline(document, target, document.Targets[i].ThroughSequence ?? long.MaxValue)));
        }
        else
        {
            await online.WithoutMaterializationAsync(() => CompleteAsync(document, targets, views), CancellationToken.None).ConfigureAwait(false);
            if (document.EraseOnlineFiles)
            {
                await online.Store.EraseAsync(CancellationToken.None).ConfigureAwait(false);
            }
        }

        DurableFile.Delete(disk, PathOf(document.Id));
        return new EntityDeletionResult(views);
    }

    private async Task CompleteAsync(EntityDeletionDocument document, IReadOnlyList<EntityDeletionTarget> targets, List<EntityDeletionView> views)
    {
        for (var i = 0; i < targets.Count; i++)
        {
            if (document.Targets[i].ThroughSequence is null)
            {
                var through = await online.DeleteAsync(targets[i].View, targets[i].Key).ConfigureAwait(false);

                // From here on pushes are new rows, also if the rest is done after a crash.
                var all = document.Targets.ToArray();
                all[i] = all[i] with { ThroughSequence = through };
                document = document with { Targets = all };
                Write(document);
            }

            views.Add(DeleteOffline(document, targets[i], document.Targets[i].ThroughSequence!.Value));
        }
    }

    private EntityDeletionView DeleteOffline(EntityDeletionDocument document, EntityDeletionTarget target, long throughSequence)
        => new OfflineDeletion(offline, target, $"{BatchPrefix}{document.Id:D}", throughSequence).Run();

    private void Write(EntityDeletionDocument document)
        => DurableFile.Replace(disk, PathOf(document.Id), DocumentSeal.Add(JsonSerializer.SerializeToUtf8Bytes(document, EntityDeletionJson.Default.EntityDeletionDocument)));

    private string PathOf(Guid id) => Path.Combine(_folder, $"{id:D}.json");

    private EntityDeletionTarget Resolve(EntityDeletionDocument.Target target, string path)
    {
        var view = AllViews().FirstOrDefault(view => view.Name == target.View && view.Version == target.Version && view.Keys.Count == target.Key.Count);
        return view is null
            ? throw new CorruptFileException(path, $"Expected the definition of feature view '{target.View}' version {target.Version}, from which '{path}' deletes an entity, but it is missing. Restore it.")
            : new EntityDeletionTarget(view, [.. target.Key.Select((part, i) => part.ToValue(view.Keys[i].Kind, path))]);
    }

    private IEnumerable<FeatureViewDefinition> AllViews() => catalog.Views.Concat(definitions.Views()).DistinctBy(view => (view.Name, view.Version));

    private KeyLineage Lineage => new(catalog, AllViews());

    private static EntityDeletionTarget CreateTarget(FeatureViewDefinition view, IReadOnlyDictionary<string, EntityValue> keys)
    {
        foreach (var (name, value) in keys)
        {
            var kind = view.Keys.FirstOrDefault(key => key.Name == name)?.Kind
                ?? throw new ArgumentException($"Expected every version of feature view '{view.Name}' to have the key '{name}', but version {view.Version} has not. Delete by the names of keys instead.", nameof(keys));
            if (value.IsNull)
            {
                throw new ArgumentException($"Expected a value for key '{name}', but found null: rows with a null in their key belong to no entity.", nameof(keys));
            }

            if (value.Kind != kind)
            {
                throw new ArgumentException($"Expected key '{name}' of {view} to be of kind {kind}, but found {value.Kind}.", nameof(keys));
            }
        }

        return new EntityDeletionTarget(view, [.. view.Keys.Select(key => keys.GetValueOrDefault(key.Name))]);
    }

    private static SemaphoreSlim CreateGate() => new(1, 1);

    private void RequireOwner()
    {
        if (!directory.IsOwner || (!online.IsOpen && Directory.Exists(Path.Combine(directory.Features, "online"))))
        {
            // Says why this process has no online store.
            _ = online.Store;
        }
    }
}
