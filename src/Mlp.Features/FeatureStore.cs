using System.Globalization;
using Apache.Arrow;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Abstractions;
using Mlp.Features.Definitions;
using Mlp.Features.Deletion;
using Mlp.Features.Hosting;
using Mlp.Features.Ingestion;
using Mlp.Features.Joins;
using Mlp.Features.Offline;
using Mlp.Features.OnDemand;
using Mlp.Features.Online;
using Mlp.Runtime.Data;
using Mlp.Runtime.Hosting;
using Mlp.Runtime.Storage;
using Mlp.Runtime.Telemetry;

namespace Mlp.Features;

/// <summary>
/// The feature store of a data directory: takes rows in and makes training sets of them. Thread-safe; several processes may ingest and join at once.
/// </summary>
public sealed partial class FeatureStore
{
    private readonly IDiskSync _disk;
    private readonly TimeProvider _time;
    private readonly ILoggerFactory _loggers;
    private readonly ILogger<FeatureStore> _logger;
    private readonly DefinitionStore _definitions;
    private readonly OnDemandGoldenRows _goldenRows;
    private readonly OfflineIngest _ingest;
    private readonly PointInTimeJoin _join;
    private readonly EntityDeletions _deletions;
    private readonly OpenGuard _guard = new("the feature store");

    /// <summary>Creates the store over a data directory; nothing is read or written yet. Applications use <c>AddFeatures</c> or <see cref="Open"/>.</summary>
    /// <param name="directory">The data directory.</param>
    /// <param name="catalog">The definitions of the application.</param>
    /// <param name="options">Settings.</param>
    /// <param name="time">The clock.</param>
    /// <param name="loggers">Hears of opening and cleaning up.</param>
    public FeatureStore(DataDirectory directory, FeatureCatalog catalog, FeatureStoreOptions? options = null, TimeProvider? time = null, ILoggerFactory? loggers = null)
        : this(directory, catalog, options, time, loggers, DiskSync.Instance)
    {
    }

    internal FeatureStore(DataDirectory directory, FeatureCatalog catalog, FeatureStoreOptions? options, TimeProvider? time, ILoggerFactory? loggers, IDiskSync disk)
    {
        ArgumentNullException.ThrowIfNull(directory);
        ArgumentNullException.ThrowIfNull(catalog);
        Directory = directory;
        Catalog = catalog;
        Options = options ?? new FeatureStoreOptions();
        _disk = disk;
        _time = time ?? TimeProvider.System;
        _loggers = loggers ?? NullLoggerFactory.Instance;
        _logger = _loggers.CreateLogger<FeatureStore>();
        _definitions = new DefinitionStore(Path.Combine(directory.Features, "definitions"), disk);
        _goldenRows = new OnDemandGoldenRows(_definitions, disk);
        Offline = new OfflineStore(directory, Options, disk, _time);
        _ingest = new OfflineIngest(Offline);
        _join = new PointInTimeJoin(Offline, _goldenRows, Options, _time);
        Online = new OnlineFeatures(directory, catalog, _definitions, Offline, Options.Online, disk, _time, _loggers.CreateLogger<OnlineFeatures>());
        _deletions = new EntityDeletions(directory, catalog, _definitions, Offline, Online, disk, _time, _logger);
        Online.AfterOpen = _deletions.ResumeAtOpenAsync;
    }

    /// <summary>The data directory.</summary>
    public DataDirectory Directory { get; }

    /// <summary>The definitions of the application.</summary>
    public FeatureCatalog Catalog { get; }

    internal FeatureStoreOptions Options { get; }

    internal OfflineStore Offline { get; }

    /// <summary>Path of the golden rows of an on-demand view; null where none are kept yet.</summary>
    internal string? FindGoldenRows(OnDemandFeatureViewDefinition view) => _goldenRows.Find(view);

    /// <summary>Opens the offline part of a feature store without a platform around it, for tools and tests.</summary>
    /// <param name="path">The data directory; created when missing.</param>
    /// <param name="catalog">The definitions of the application.</param>
    /// <param name="mode">How this process uses the directory.</param>
    /// <param name="options">Settings.</param>
    /// <param name="time">The clock.</param>
    /// <param name="loggers">Hears of opening and cleaning up.</param>
    /// <returns>The store, open for ingest and joins.</returns>
    /// <exception cref="DefinitionConflictException">A definition differs from the stored one of the same name and version.</exception>
    /// <exception cref="FeatureDefinitionException">An on-demand method computes something else than it did.</exception>
    public static FeatureStore Open(
        string path,
        FeatureCatalog catalog,
        MlPlatformMode mode = MlPlatformMode.Owner,
        FeatureStoreOptions? options = null,
        TimeProvider? time = null,
        ILoggerFactory? loggers = null)
    {
        var store = new FeatureStore(new DataDirectory(path, mode), catalog, options, time, loggers);
        store.OpenOffline();
        return store;
    }

    /// <summary>Takes in records of a view that their type defines.</summary>
    /// <typeparam name="T">A record with <see cref="FeatureViewAttribute"/> whose view was added.</typeparam>
    /// <param name="records">The rows.</param>
    /// <param name="batchId">Names the batch, so that taking it in again changes nothing; null takes it in always.</param>
    /// <param name="cancellationToken">Gives up; nothing is committed then.</param>
    /// <returns>What was done; the rows are on the device.</returns>
    /// <exception cref="FeatureDefinitionException">The record defines no view, or one that was not added.</exception>
    /// <exception cref="ArgumentException">A record is null, or the batch id is empty; nothing was committed.</exception>
    /// <exception cref="IngestException">A time is null or was never set, or the view does not say when rows became known.</exception>
    public Task<IngestResult> IngestAsync<T>(IEnumerable<T> records, string? batchId = null, CancellationToken cancellationToken = default)
    {
        var view = FeatureViewDefinition.FromRecord<T>();
        return IngestAsync(view.Name, records, batchId, view.Version, cancellationToken);
    }

    /// <summary>Takes in records of a view.</summary>
    /// <typeparam name="T">A record with a property for every column of the view.</typeparam>
    /// <param name="view">View name.</param>
    /// <param name="records">The rows.</param>
    /// <param name="batchId">Names the batch, so that taking it in again changes nothing; null takes it in always.</param>
    /// <param name="version">View version; null for the highest.</param>
    /// <param name="cancellationToken">Gives up; nothing is committed then.</param>
    /// <returns>What was done; the rows are on the device.</returns>
    /// <exception cref="FeatureDefinitionException">There is no such view, or the record lacks a column.</exception>
    /// <exception cref="ArgumentException">A record is null, or the batch id is empty; nothing was committed.</exception>
    /// <exception cref="IngestException">A time is null or was never set, or the view does not say when rows became known.</exception>
    public Task<IngestResult> IngestAsync<T>(string view, IEnumerable<T> records, string? batchId = null, int? version = null, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(records);
        var definition = OpenView(view, version);
        var map = FeatureRecordMap.Create<T>(definition);
        return Ingest(definition, () => Task.FromResult(_ingest.IngestRecords(map, records, batchId, createdTime: null, cancellationToken)), cancellationToken);
    }

    /// <summary>Takes in an Arrow batch.</summary>
    /// <param name="view">View name.</param>
    /// <param name="batch">
    /// A column per key and feature, the event time and, where the view names one, the created time: timestamps of any unit, rounded up to microseconds, or int64 microseconds.
    /// Further columns are passed over. It stays the caller's, and is not touched after the task completes.
    /// </param>
    /// <param name="batchId">Names the batch, so that taking it in again changes nothing; null takes it in always.</param>
    /// <param name="version">View version; null for the highest.</param>
    /// <param name="cancellationToken">Gives up; nothing is committed then.</param>
    /// <returns>What was done; the rows are on the device.</returns>
    /// <exception cref="FeatureDefinitionException">There is no such view.</exception>
    /// <exception cref="IngestException">A column is missing or has another type, a time is null or outside the years 1 to 9999, or the view does not say when rows became known.</exception>
    public Task<IngestResult> IngestAsync(string view, RecordBatch batch, string? batchId = null, int? version = null, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(batch);
        return IngestAsync(view, Each([batch]), batchId, version, cancellationToken);
    }

    /// <summary>Takes in a stream of Arrow batches as one batch.</summary>
    /// <param name="view">View name.</param>
    /// <param name="batches">Batches of one schema; see the overload for one batch. They stay the producer's.</param>
    /// <param name="batchId">Names the batch, so that taking it in again changes nothing; null takes it in always.</param>
    /// <param name="version">View version; null for the highest.</param>
    /// <param name="cancellationToken">Gives up; nothing is committed then.</param>
    /// <returns>What was done; the rows are on the device.</returns>
    /// <exception cref="FeatureDefinitionException">There is no such view.</exception>
    /// <exception cref="IngestException">A column is missing or has another type, a time is null or outside the years 1 to 9999, or the view does not say when rows became known.</exception>
    public Task<IngestResult> IngestAsync(
        string view, IAsyncEnumerable<RecordBatch> batches, string? batchId = null, int? version = null, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(batches);
        var definition = OpenView(view, version);
        return Ingest(definition, () => _ingest.IngestAsync(definition, batches, batchId, cancellationToken), cancellationToken);
    }

    /// <summary>Takes in a CSV file.</summary>
    /// <param name="view">View name.</param>
    /// <param name="path">The file.</param>
    /// <param name="options">How it is read and how columns are found; null for a column of the same name each.</param>
    /// <param name="batchId">Names the batch, so that taking it in again changes nothing; null takes it in always.</param>
    /// <param name="version">View version; null for the highest.</param>
    /// <param name="cancellationToken">Gives up; nothing is committed then.</param>
    /// <returns>What was done; the rows are on the device.</returns>
    /// <exception cref="FileNotFoundException">There is no such file.</exception>
    /// <exception cref="FeatureDefinitionException">There is no such view.</exception>
    /// <exception cref="IngestException">A column is missing, a text cannot be read (row, line and column are named), a time is absent or outside the years 1 to 9999, or the view does not say when rows became known.</exception>
    public Task<IngestResult> IngestCsvAsync(
        string view, string path, CsvIngestOptions? options = null, string? batchId = null, int? version = null, CancellationToken cancellationToken = default)
        => IngestFileAsync(view, path, options ?? new CsvIngestOptions(), batchId, version, cancellationToken);

    /// <summary>Takes in a Parquet file.</summary>
    /// <param name="view">View name.</param>
    /// <param name="path">The file.</param>
    /// <param name="options">How columns are found; null for a column of the same name each.</param>
    /// <param name="batchId">Names the batch, so that taking it in again changes nothing; null takes it in always.</param>
    /// <param name="version">View version; null for the highest.</param>
    /// <param name="cancellationToken">Gives up; nothing is committed then.</param>
    /// <returns>What was done; the rows are on the device.</returns>
    /// <exception cref="FileNotFoundException">There is no such file.</exception>
    /// <exception cref="FeatureDefinitionException">There is no such view.</exception>
    /// <exception cref="IngestException">A column is missing or has another type, a time is null or outside the years 1 to 9999, or the view does not say when rows became known.</exception>
    public Task<IngestResult> IngestParquetAsync(
        string view, string path, ParquetIngestOptions? options = null, string? batchId = null, int? version = null, CancellationToken cancellationToken = default)
        => IngestFileAsync(view, path, options ?? new ParquetIngestOptions(), batchId, version, cancellationToken);

    /// <summary>Joins the features of a service to records of keys, times and labels, so that no row sees a value from after its own time.</summary>
    /// <typeparam name="T">A record whose public properties are the columns, named in snake_case: the service's keys, the time, the label, the request fields of on-demand views.</typeparam>
    /// <param name="service">Service name.</param>
    /// <param name="spine">The rows; each comes back exactly once, in this order.</param>
    /// <param name="timeColumn">The column with the time of each row, rounded down to microseconds.</param>
    /// <param name="labelColumn">The label column, or null.</param>
    /// <param name="options">Join mode, version of the service, commits; null for event time, the highest and the newest.</param>
    /// <param name="cancellationToken">Gives up.</param>
    /// <returns>The training set, which the caller disposes.</returns>
    /// <exception cref="FeatureDefinitionException">There is no such service, or a commit is of another definition of a view.</exception>
    /// <exception cref="OfflineCommitExpiredException">Files of a commit have been removed.</exception>
    /// <exception cref="SpineException">A column is missing or has another type, or a time is null or outside the years 1 to 9999.</exception>
    public Task<JoinedTrainingSet> CreateTrainingSetAsync<T>(
        string service,
        IEnumerable<T> spine,
        string timeColumn,
        string? labelColumn = null,
        TrainingSetOptions? options = null,
        CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(spine);
        return CreateTrainingSetAsync(service, Each(SpineBatches.From(spine)), timeColumn, labelColumn, options, cancellationToken);
    }

    /// <summary>Joins the features of a service to an Arrow batch of keys, times and labels, so that no row sees a value from after its own time.</summary>
    /// <param name="service">Service name.</param>
    /// <param name="spine">
    /// The rows; each comes back exactly once, in this order. Columns: the service's keys, the time, the label, the request fields of on-demand views, and any others.
    /// It stays the caller's and is copied.
    /// </param>
    /// <param name="timeColumn">The column with the time of each row: a timestamp of any unit, rounded down to microseconds, or int64 microseconds.</param>
    /// <param name="labelColumn">The label column, or null.</param>
    /// <param name="options">Join mode, version of the service, commits; null for event time, the highest and the newest.</param>
    /// <param name="cancellationToken">Gives up.</param>
    /// <returns>The training set, which the caller disposes.</returns>
    /// <exception cref="FeatureDefinitionException">There is no such service, or a commit is of another definition of a view.</exception>
    /// <exception cref="OfflineCommitExpiredException">Files of a commit have been removed.</exception>
    /// <exception cref="SpineException">A column is missing or has another type, or a time is null or outside the years 1 to 9999.</exception>
    public Task<JoinedTrainingSet> CreateTrainingSetAsync(
        string service,
        RecordBatch spine,
        string timeColumn,
        string? labelColumn = null,
        TrainingSetOptions? options = null,
        CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(spine);
        return CreateTrainingSetAsync(service, Each([spine]), timeColumn, labelColumn, options, cancellationToken);
    }

    /// <summary>Joins the features of a service to a stream of Arrow batches; see the overload for one batch. Rows that do not fit into memory go to disk.</summary>
    /// <param name="service">Service name.</param>
    /// <param name="spine">Batches of one schema. They stay the producer's and are copied.</param>
    /// <param name="timeColumn">The column with the time of each row: a timestamp of any unit, rounded down to microseconds, or int64 microseconds.</param>
    /// <param name="labelColumn">The label column, or null.</param>
    /// <param name="options">Join mode, version of the service, commits; null for event time, the highest and the newest.</param>
    /// <param name="cancellationToken">Gives up.</param>
    /// <returns>The training set, which the caller disposes.</returns>
    /// <exception cref="FeatureDefinitionException">There is no such service, or a commit is of another definition of a view.</exception>
    /// <exception cref="OfflineCommitExpiredException">Files of a commit have been removed.</exception>
    /// <exception cref="SpineException">A column is missing or has another type, or a time is null or outside the years 1 to 9999.</exception>
    public Task<JoinedTrainingSet> CreateTrainingSetAsync(
        string service,
        IAsyncEnumerable<RecordBatch> spine,
        string timeColumn,
        string? labelColumn = null,
        TrainingSetOptions? options = null,
        CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(spine);
        ArgumentException.ThrowIfNullOrEmpty(timeColumn);
        EnsureOpen();
        options ??= new TrainingSetOptions();
        var found = Catalog.GetService(service, options.Version);
        var question = new TrainingSetQuestion(found, timeColumn, labelColumn, options.Mode, options.TimeTravel?.CommitsOf(found, Offline));
        return Task.Run(
            () => TracedWork.RunAsync(
                () => FeatureActivities.StartForService(FeatureSpans.TrainingSet, question.Service.Name, question.Service.Version),
                async () =>
                {
                    // What was pushed is acknowledged, so a training set that is made after it has it.
                    await Online.FlushAsync(cancellationToken).ConfigureAwait(false);
                    return await _join.JoinAsync(question, spine, cancellationToken).ConfigureAwait(false);
                },
                static (span, set) => span.SetTag("rows", set.Manifest.RowCount)),
            cancellationToken);
    }

    /// <summary>Recomputes sampled rows of a training set by brute force from the raw rows and compares bits and statuses.</summary>
    /// <param name="trainingSet">A set that this store made.</param>
    /// <param name="sampleCount">How many rows, at least 1; all rows if there are fewer.</param>
    /// <param name="seed">Chooses the rows.</param>
    /// <param name="cancellationToken">Gives up.</param>
    /// <returns>What was compared and what differs.</returns>
    /// <exception cref="ArgumentException">The set was not made by a feature service of this store.</exception>
    public Task<LeakageReport> CheckLeakageAsync(ITrainingSet trainingSet, int sampleCount = 1000, int seed = 1, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(trainingSet);
        if (sampleCount < 1)
        {
            throw new ArgumentOutOfRangeException(nameof(sampleCount), string.Create(CultureInfo.InvariantCulture, $"Expected at least 1 row to be sampled, but found {sampleCount}."));
        }

        EnsureOpen();
        return Task.Run(() => new LeakageCheck(Offline, Catalog).RunAsync(trainingSet, sampleCount, seed, cancellationToken), cancellationToken);
    }

    /// <summary>Stores or checks the definitions, computes golden rows again and removes what interrupted ingests left behind.</summary>
    /// <exception cref="IOException">The temporary folder cannot be made or written to.</exception>
    internal void OpenOffline()
    {
        if (Directory.IsOwner || Options.TemporaryDirectory is not null)
        {
            Offline.PrepareTemporaryDirectory();
        }

        if (Directory.IsOwner)
        {
            _definitions.Save(Catalog);
        }
        else
        {
            _definitions.Check(Catalog);
        }

        foreach (var view in Catalog.OnDemandViews)
        {
            _goldenRows.Check(view.CreateTransform());
        }

        if (Directory.IsOwner && Offline.RemoveUncommitted(Catalog.Views) is > 0 and var removed)
        {
            _logger.LogInformation("Removed {Count} files of interrupted ingests from the offline store", removed);
        }

        if (Directory.IsOwner)
        {
            AdoptAllAsync(CancellationToken.None).GetAwaiter().GetResult();
        }

        _guard.Open();
    }

    /// <summary>Takes nothing more, also through a reference that was kept.</summary>
    internal void CloseOffline() => _guard.Close();

    internal void EnsureOpen() => _guard.Require();

    private static async IAsyncEnumerable<RecordBatch> Each(IEnumerable<RecordBatch> batches)
    {
        foreach (var batch in batches)
        {
            yield return batch;
        }

        await Task.CompletedTask.ConfigureAwait(false);
    }

    private Task<IngestResult> IngestFileAsync(string view, string path, SourceIngestOptions options, string? batchId, int? version, CancellationToken cancellationToken)
    {
        var definition = OpenView(view, version);
        var file = SourceFile.Open(path, options);
        return Ingest(definition, () => _ingest.IngestFileAsync(definition, file, batchId, cancellationToken), cancellationToken);
    }

    private static Task<IngestResult> Ingest(FeatureViewDefinition view, Func<Task<IngestResult>> work, CancellationToken cancellationToken)
        => Task.Run(
            () => TracedWork.RunAsync(
                () => FeatureActivities.StartForView(FeatureSpans.Ingest, view.Name, view.Version),
                work,
                static (span, result) => span.SetTag("rows", result.RowCount).SetTag("is_repeated", result.IsRepeated)),
            cancellationToken);

    private FeatureViewDefinition OpenView(string view, int? version)
    {
        EnsureOpen();
        return Catalog.GetView(view, version);
    }
}
