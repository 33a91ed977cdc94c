using Apache.Arrow;
using Mlp.Features.Definitions;
using Mlp.Features.Offline;

namespace Mlp.Features.Ingestion;

/// <summary>Takes batches into the offline store. Thread-safe.</summary>
internal sealed class OfflineIngest(OfflineStore store)
{
    /// <summary>How batch ids of the platform start.</summary>
    internal const string PlatformPrefix = "mlp-";

    private const int RecordsPerBatch = 8192;
    private const string ArrowSource = "the Arrow batch";
    private const string RecordSource = "the records";

    /// <summary>Arrow batches with the columns of the view's source.</summary>
    internal async Task<IngestResult> IngestAsync(FeatureViewDefinition view, IAsyncEnumerable<RecordBatch> batches, string? batchId, CancellationToken cancellationToken)
    {
        StoredBatchConverter.CheckCreatedTime(view, ArrowSource);
        var target = store.Open(view);
        if (FindRepeated(target, batchId) is { } repeated)
        {
            return repeated;
        }

        using var staged = new StagedRows(target, store.OpenSession());
        var converter = new StoredBatchConverter(view, ArrowSource);
        await foreach (var batch in batches.WithCancellation(cancellationToken).ConfigureAwait(false))
        {
            staged.Append(converter.Convert(batch));
            GC.KeepAlive(batch);
        }

        staged.CheckLengths(ArrowSource, store.MaximumRowLength);
        return staged.Commit(batchId ?? NewBatchId(), cancellationToken);
    }

    /// <summary>Records, with a created time for views that leave it open.</summary>
    internal IngestResult IngestRecords<T>(FeatureRecordMap<T> map, IEnumerable<T> records, string? batchId, long? createdTime, CancellationToken cancellationToken)
    {
        if (createdTime is null)
        {
            StoredBatchConverter.CheckCreatedTime(map.Definition, RecordSource);
        }

        var target = store.Open(map.Definition);
        if (FindRepeated(target, batchId) is { } repeated)
        {
            return repeated;
        }

        using var staged = new StagedRows(target, store.OpenSession());
        var builder = new StoredBatchBuilder<T>(map, RecordSource);
        foreach (var record in records)
        {
            builder.Add(record, createdTime);
            if (builder.Count == RecordsPerBatch)
            {
                cancellationToken.ThrowIfCancellationRequested();
                staged.Append(builder.Build());
            }
        }

        if (builder.Count > 0)
        {
            staged.Append(builder.Build());
        }

        staged.CheckLengths(RecordSource, store.MaximumRowLength);
        return staged.Commit(batchId ?? NewBatchId(), cancellationToken);
    }

    /// <summary>Batches that are in the stored form already.</summary>
    internal IngestResult IngestStored(FeatureViewDefinition view, IEnumerable<RecordBatch> batches, string? batchId, CancellationToken cancellationToken)
    {
        var target = store.Open(view);
        if (FindRepeated(target, batchId) is { } repeated)
        {
            return repeated;
        }

        using var staged = new StagedRows(target, store.OpenSession());
        foreach (var batch in batches)
        {
            staged.Append(batch);
            GC.KeepAlive(batch);
        }

        staged.CheckLengths(ArrowSource, store.MaximumRowLength);
        return staged.Commit(batchId ?? NewBatchId(), cancellationToken);
    }

    /// <summary>A file, or another source that goes through a table. SQL of the caller runs in a session of its own, which sees its sources and no file.</summary>
    internal async Task<IngestResult> IngestFileAsync(FeatureViewDefinition view, SourceFile file, string? batchId, CancellationToken cancellationToken)
    {
        StoredBatchConverter.CheckCreatedTime(view, file.Source);
        var target = store.Open(view);
        if (FindRepeated(target, batchId) is { } repeated)
        {
            return repeated;
        }

        using var staged = new StagedRows(target, store.OpenSession());
        if (file.HasSql)
        {
            using var confined = store.OpenSession();
            staged.AppendFile(await new FileStaging(view, file, confined).ExportAsync(cancellationToken).ConfigureAwait(false), cancellationToken);
        }
        else
        {
            await new FileStaging(view, file, staged.Session).InsertAsync(cancellationToken).ConfigureAwait(false);
        }

        staged.CheckLengths(file.Source, store.MaximumRowLength);
        return staged.Commit(batchId ?? NewBatchId(), cancellationToken);
    }

    private static string NewBatchId() => Guid.NewGuid().ToString("D");

    private static IngestResult? FindRepeated(OfflineView view, string? batchId)
    {
        if (batchId?.StartsWith(PlatformPrefix, StringComparison.OrdinalIgnoreCase) == true)
        {
            throw new ArgumentException($"Expected the batch id to leave names that start with '{PlatformPrefix}' to the platform, but found '{batchId}'.", nameof(batchId));
        }

        if (batchId is not null && string.IsNullOrWhiteSpace(batchId))
        {
            throw new ArgumentException("Expected the batch id to name the batch, or null for a batch without a name, but found an empty text.", nameof(batchId));
        }

        return batchId is not null && view.FindBatch(batchId) is { } commit ? StagedRows.ToResult(view.Definition, commit, repeated: true) : null;
    }
}
