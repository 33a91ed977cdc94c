using System.Runtime.CompilerServices;
using Apache.Arrow;
using Mlp.Features.Definitions;
using Mlp.Features.Hosting;
using Mlp.Features.Ingestion;
using Mlp.Features.Materialization;
using Mlp.Features.Online;
using Mlp.Runtime.Data;
using Mlp.Runtime.Telemetry;

namespace Mlp.Features;

/// <content>The online store: push, materialize, read. Only the owner of the data directory has it open.</content>
public sealed partial class FeatureStore : IFeatureSource
{
    internal OnlineFeatures Online { get; }

    /// <summary>Pushes one record of a view that its type defines.</summary>
    /// <typeparam name="T">A record with <see cref="FeatureViewAttribute"/> whose view was added.</typeparam>
    /// <param name="record">The row. Where the view does not say when rows become known, it became known now.</param>
    /// <param name="target">Where it goes.</param>
    /// <param name="cancellationToken">Gives up before anything is written; later it is ignored.</param>
    /// <returns>A task that completes when the row is on the device and can be read.</returns>
    /// <exception cref="FeatureDefinitionException">The record defines no view, or one that was not added.</exception>
    /// <exception cref="IngestException">A time is null or outside the years 1 to 9999, or the row fits on no page of the online store.</exception>
    /// <exception cref="InvalidOperationException">This process has no open online store, or the store has failed.</exception>
    /// <exception cref="Runtime.LogWriteException">The device refused; the row may be lost, and the store takes no more until it is opened again.</exception>
    public ValueTask PushAsync<T>(T record, PushTarget target = PushTarget.OnlineAndOffline, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(record);
        return Online.PushAsync<T>([record], target, cancellationToken);
    }

    /// <summary>Pushes records of a view that their type defines, acknowledged together.</summary>
    /// <typeparam name="T">A record with <see cref="FeatureViewAttribute"/> whose view was added.</typeparam>
    /// <param name="records">The rows. Where the view does not say when rows become known, they became known now.</param>
    /// <param name="target">Where they go.</param>
    /// <param name="cancellationToken">Gives up before anything is written; later it is ignored.</param>
    /// <returns>A task that completes when all rows are on the device and can be read.</returns>
    /// <exception cref="FeatureDefinitionException">The record defines no view, or one that was not added.</exception>
    /// <exception cref="ArgumentException">A record is null; then nothing was written.</exception>
    /// <exception cref="IngestException">A time is null, was never set or is outside the years 1 to 9999, or a row fits on no page of the online store; then nothing was written.</exception>
    /// <exception cref="InvalidOperationException">This process has no open online store, or the store has failed.</exception>
    /// <exception cref="Runtime.LogWriteException">The device refused; rows may be lost, and the store takes no more until it is opened again.</exception>
    [OverloadResolutionPriority(1)] // A list is many records, not one record of type list.
    public ValueTask PushAsync<T>(IReadOnlyList<T> records, PushTarget target = PushTarget.OnlineAndOffline, CancellationToken cancellationToken = default)
        => Online.PushAsync(records, target, cancellationToken);

    /// <summary>Pushes records of a view that their type defines, acknowledged together; they are listed first. See the overload for lists.</summary>
    /// <typeparam name="T">A record with <see cref="FeatureViewAttribute"/> whose view was added.</typeparam>
    /// <param name="records">The rows. Where the view does not say when rows become known, they became known now.</param>
    /// <param name="target">Where they go.</param>
    /// <param name="cancellationToken">Gives up before anything is written; later it is ignored.</param>
    /// <returns>A task that completes when all rows are on the device and can be read.</returns>
    /// <exception cref="FeatureDefinitionException">The record defines no view, or one that was not added.</exception>
    /// <exception cref="ArgumentException">A record is null; then nothing was written.</exception>
    /// <exception cref="IngestException">A time is null, was never set or is outside the years 1 to 9999, or a row fits on no page of the online store; then nothing was written.</exception>
    /// <exception cref="InvalidOperationException">This process has no open online store, or the store has failed.</exception>
    /// <exception cref="Runtime.LogWriteException">The device refused; rows may be lost, and the store takes no more until it is opened again.</exception>
    [OverloadResolutionPriority(1)]
    public ValueTask PushAsync<T>(IEnumerable<T> records, PushTarget target = PushTarget.OnlineAndOffline, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(records);
        return Online.PushAsync<T>(records as IReadOnlyList<T> ?? [.. records], target, cancellationToken);
    }

    /// <summary>Pushes an Arrow batch, acknowledged as a whole.</summary>
    /// <param name="view">View name.</param>
    /// <param name="batch">A column per key and feature, the event time and, where the view names one, the created time, as for <c>IngestAsync</c>. It stays the caller's.</param>
    /// <param name="target">Where the rows go.</param>
    /// <param name="version">View version; null for the highest.</param>
    /// <param name="cancellationToken">Gives up before anything is written; later it is ignored.</param>
    /// <returns>A task that completes when all rows are on the device and can be read.</returns>
    /// <exception cref="FeatureDefinitionException">There is no such view.</exception>
    /// <exception cref="IngestException">A column is missing or has another type, a time is null or outside the years 1 to 9999, or a row fits on no page of the online store; then nothing was written.</exception>
    /// <exception cref="InvalidOperationException">This process has no open online store, or the store has failed.</exception>
    /// <exception cref="Runtime.LogWriteException">The device refused; rows may be lost, and the store takes no more until it is opened again.</exception>
    public ValueTask PushAsync(
        string view, RecordBatch batch, PushTarget target = PushTarget.OnlineAndOffline, int? version = null, CancellationToken cancellationToken = default)
        => Online.PushAsync(Catalog.GetView(view, version), batch, target, cancellationToken);

    /// <summary>Writes pushed rows that wait to the offline store. Closing the platform and making a training set do it too.</summary>
    /// <param name="cancellationToken">Gives up; the rows stay in the write-ahead log.</param>
    /// <returns>A task that completes when every acknowledged row is part of an offline commit.</returns>
    public Task FlushAsync(CancellationToken cancellationToken = default) => Online.FlushAsync(cancellationToken);

    /// <summary>
    /// Brings the latest row of every entity that was visible at a time (event time and created time not after it) from the offline into the online store. Rows of commits that were
    /// brought over before are not read again. A row that is older than the one in the online store changes nothing.
    /// </summary>
    /// <param name="view">View name.</param>
    /// <param name="asOf">The time; null for now.</param>
    /// <param name="version">View version; null for the highest.</param>
    /// <param name="progress">Hears how many rows are brought over, and of how many.</param>
    /// <param name="cancellationToken">Gives up; what was brought over stays, and the next call goes on from there, also after a crash.</param>
    /// <returns>What was done; the rows are on the device and can be read.</returns>
    /// <exception cref="FeatureDefinitionException">There is no such view.</exception>
    /// <exception cref="InvalidOperationException">This process has no open online store, or the store has failed.</exception>
    public Task<MaterializationResult> MaterializeAsync(
        string view, DateTimeOffset? asOf = null, int? version = null, IProgress<MaterializationProgress>? progress = null, CancellationToken cancellationToken = default)
    {
        var definition = Catalog.GetView(view, version);
        return TracedWork.RunAsync(
            () => FeatureActivities.StartForView(FeatureSpans.Materialize, definition.Name, definition.Version),
            () => Online.MaterializeAsync(definition, asOf is { } time ? Microseconds.FromRequestTime(time) : null, range: null, progress, cancellationToken),
            static (span, result) => span.SetTag("rows", result.RowCount));
    }

    /// <summary>
    /// Back-fills the online store from a range of event times: brings the latest row of every entity that has one in the range and is visible now, whatever has been materialized before. As always a row that is
    /// older than the one in the online store changes nothing, so what reads see afterwards is the latest row of the range or a later one that was there. It does not count for
    /// <see cref="MaterializeAsync(string, DateTimeOffset?, int?, IProgress{MaterializationProgress}?, CancellationToken)"/>, which brings the rows of new commits as before.
    /// </summary>
    /// <param name="view">View name.</param>
    /// <param name="from">The first event time.</param>
    /// <param name="to">The event time behind the last, so that ranges can be laid side by side.</param>
    /// <param name="version">View version; null for the highest.</param>
    /// <param name="progress">Hears how many rows are brought over, and of how many.</param>
    /// <param name="cancellationToken">Gives up; what was brought over stays, and the next call with the same range goes on from there, also after a crash.</param>
    /// <returns>What was done; the rows are on the device and can be read.</returns>
    /// <exception cref="ArgumentException">The range is empty.</exception>
    /// <exception cref="FeatureDefinitionException">There is no such view.</exception>
    /// <exception cref="InvalidOperationException">This process has no open online store, or the store has failed.</exception>
    public Task<MaterializationResult> MaterializeRangeAsync(
        string view, DateTimeOffset from, DateTimeOffset to, int? version = null, IProgress<MaterializationProgress>? progress = null, CancellationToken cancellationToken = default)
    {
        if (from >= to)
        {
            throw new ArgumentException($"Expected a range of event times that begins before it ends, but it begins at {from:O} and ends at {to:O}.", nameof(to));
        }

        var definition = Catalog.GetView(view, version);
        var range = new EventTimeRange(Microseconds.FromFeatureTime(from), Microseconds.FromFeatureTime(to));
        return TracedWork.RunAsync(
            () => FeatureActivities.StartForView(FeatureSpans.Materialize, definition.Name, definition.Version),
            () => Online.MaterializeAsync(definition, asOf: null, range, progress, cancellationToken),
            static (span, result) => span.SetTag("rows", result.RowCount));
    }

    /// <summary>
    /// Forgets the online rows of a view, also those that lie in the future, and how far it has been materialised, so that the next materialization starts anew: for a replay that goes back in time.
    /// The offline store keeps everything, and gets what was pushed and waits for it. A push that runs meanwhile is either forgotten or counts as pushed after this.
    /// </summary>
    /// <param name="view">View name.</param>
    /// <param name="version">View version; null for the highest.</param>
    /// <param name="cancellationToken">Gives up before anything is forgotten.</param>
    /// <returns>A task that completes when the rows read Missing and will after any crash. Their room on the disk is free after a later compaction.</returns>
    /// <exception cref="FeatureDefinitionException">There is no such view.</exception>
    /// <exception cref="InvalidOperationException">This process has no open online store, or the store has failed.</exception>
    /// <exception cref="IOException">The disk failed; the store takes no more writes until it is opened again.</exception>
    public Task ClearOnlineAsync(string view, int? version = null, CancellationToken cancellationToken = default)
        => Online.ClearAsync(Catalog.GetView(view, version), cancellationToken);

    /// <summary>Brings the latest rows of every view of the application, in all its versions, from the offline into the online store, one view after the other; see the overload by name.</summary>
    /// <param name="asOf">The time, one for all views; null for now.</param>
    /// <param name="cancellationToken">Gives up; what was brought over stays, and the next call goes on from there, also after a crash.</param>
    /// <returns>What was done, by view; the rows are on the device and can be read.</returns>
    /// <exception cref="InvalidOperationException">This process has no open online store, or the store has failed.</exception>
    public async Task<IReadOnlyList<MaterializationResult>> MaterializeAsync(DateTimeOffset? asOf = null, CancellationToken cancellationToken = default)
    {
        asOf ??= _time.GetUtcNow();
        var results = new List<MaterializationResult>(Catalog.Views.Count);
        foreach (var view in Catalog.Views)
        {
            results.Add(await MaterializeAsync(view.Name, asOf, view.Version, progress: null, cancellationToken).ConfigureAwait(false));
        }

        return results;
    }

    /// <summary>Brings the latest row of every entity of the view that a record defines into the online store; see the overload by name.</summary>
    /// <typeparam name="T">A record with <see cref="FeatureViewAttribute"/> whose view was added.</typeparam>
    /// <param name="asOf">The time; null for now.</param>
    /// <param name="progress">Hears how many rows are brought over, and of how many.</param>
    /// <param name="cancellationToken">Gives up; what was brought over stays, and the next call goes on from there, also after a crash.</param>
    /// <returns>What was done; the rows are on the device and can be read.</returns>
    /// <exception cref="FeatureDefinitionException">The record defines no view, or one that was not added.</exception>
    /// <exception cref="InvalidOperationException">This process has no open online store, or the store has failed.</exception>
    public Task<MaterializationResult> MaterializeAsync<T>(DateTimeOffset? asOf = null, IProgress<MaterializationProgress>? progress = null, CancellationToken cancellationToken = default)
    {
        var view = FeatureViewDefinition.FromRecord<T>();
        return MaterializeAsync(view.Name, asOf, view.Version, progress, cancellationToken);
    }

    /// <summary>Reads the stored features of one entity or many. Applications that read often use <see cref="FindService"/> and a destination of their own.</summary>
    /// <param name="service">Service name.</param>
    /// <param name="keys">Entity keys, shape (entities, keys of the service), row-major; a null part makes the features that use it Missing.</param>
    /// <param name="asOf">The time of the question; null for now. A row with a later event time is not seen: if it is the newest of its entity, the features read Missing.</param>
    /// <param name="version">Service version; null for the highest.</param>
    /// <param name="cancellationToken">Gives up.</param>
    /// <returns>One row per entity.</returns>
    /// <exception cref="ArgumentException">The keys do not fit the service.</exception>
    /// <exception cref="FeatureDefinitionException">There is no such service.</exception>
    /// <exception cref="InvalidOperationException">This process has no open online store.</exception>
    public ValueTask<FeatureRows> ReadAsync(
        string service, ReadOnlyMemory<EntityValue> keys, DateTimeOffset? asOf = null, int? version = null, CancellationToken cancellationToken = default)
        => Online.ReadAsync(Catalog.GetService(service, version), keys, asOf is { } time ? Microseconds.FromRequestTime(time) : null, cancellationToken);

    /// <summary>Reads the stored features of entities, each as it was at a time of its own: what one read per entity gives.</summary>
    /// <param name="service">Service name.</param>
    /// <param name="keys">Entity keys, shape (entities, keys of the service), row-major; a null part makes the features that use it Missing.</param>
    /// <param name="asOf">The time of each question, shape (entities), in any order. A row with a later event time is not seen: if it is the newest of its entity, the features read Missing.</param>
    /// <param name="version">Service version; null for the highest.</param>
    /// <param name="cancellationToken">Gives up.</param>
    /// <returns>One row per entity.</returns>
    /// <exception cref="ArgumentException">The keys do not fit the service, or there is not one time per entity.</exception>
    /// <exception cref="FeatureDefinitionException">There is no such service.</exception>
    /// <exception cref="InvalidOperationException">This process has no open online store.</exception>
    public ValueTask<FeatureRows> ReadAsync(
        string service, ReadOnlyMemory<EntityValue> keys, ReadOnlyMemory<DateTimeOffset> asOf, int? version = null, CancellationToken cancellationToken = default)
        => Online.ReadAsync(Catalog.GetService(service, version), keys, System.Array.ConvertAll(asOf.ToArray(), Microseconds.FromRequestTime), cancellationToken);

    /// <summary>Reads the stored features of one entity or many into Arrow columns.</summary>
    /// <param name="service">Service name.</param>
    /// <param name="keys">Entity keys, shape (entities, keys of the service), row-major; a null part makes the features that use it Missing.</param>
    /// <param name="includeStatuses">Whether each feature is followed by a column <c>feature.status</c> with the number of its <see cref="FeatureStatus"/>, which tells why a value is null.</param>
    /// <param name="asOf">The time of the question; null for now.</param>
    /// <param name="version">Service version; null for the highest.</param>
    /// <param name="cancellationToken">Gives up.</param>
    /// <returns>One row per entity: the keys (GUIDs as text), then the features, null where not Present. It belongs to the caller.</returns>
    /// <exception cref="ArgumentException">The keys do not fit the service.</exception>
    /// <exception cref="FeatureDefinitionException">There is no such service.</exception>
    /// <exception cref="InvalidOperationException">This process has no open online store.</exception>
    public async ValueTask<RecordBatch> ReadBatchAsync(
        string service, ReadOnlyMemory<EntityValue> keys, bool includeStatuses = false, DateTimeOffset? asOf = null, int? version = null, CancellationToken cancellationToken = default)
    {
        var definition = Catalog.GetService(service, version);
        var rows = await ReadAsync(service, keys, asOf, version, cancellationToken).ConfigureAwait(false);
        return KeyColumns.PutBefore(rows.ToRecordBatch(includeStatuses), definition.Description.Keys, keys.Span);
    }

    /// <inheritdoc/>
    /// <exception cref="FeatureDefinitionException">The method of an on-demand view of the service gives other features than it did under this version.</exception>
    public IFeatureServiceReader? FindService(string name, int? version = null)
    {
        if (Catalog.FindService(name, version) is { } service)
        {
            _goldenRows.Check(service);
        }

        return Online.FindService(name, version);
    }
}
