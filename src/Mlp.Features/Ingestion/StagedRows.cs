using System.Globalization;
using Apache.Arrow;
using Apache.Arrow.Types;
using Mlp.Features.Definitions;
using Mlp.Features.Interop;
using Mlp.Features.Offline;
using Mlp.Features.Online;
using Mlp.Runtime.Data;
using Mlp.Runtime.Interop;

namespace Mlp.Features.Ingestion;

/// <summary>Rows of one batch on their way into a view: first into a table of a private DuckDB session, then as files and one commit. Not thread-safe.</summary>
internal sealed class StagedRows : IDisposable
{
    private readonly OfflineView _view;
    private DuckDbAppender? _appender;
    private Schema? _appendSchema;

    /// <summary>Prepares a session.</summary>
    /// <param name="view">Gets the rows.</param>
    /// <param name="session">A session of its own.</param>
    /// <param name="withSequences">Whether the rows bring their sequences.</param>
    internal StagedRows(OfflineView view, DuckDbSession session, bool withSequences = false)
    {
        _view = view;
        Session = session;
        view.CreateStaging(session, withSequences);
    }

    internal DuckDbSession Session { get; }

    /// <summary>Refuses rows that could never be served, because they fit on no page of the online store.</summary>
    /// <param name="source">Where the rows come from.</param>
    /// <param name="maximum">The greatest length in bytes.</param>
    /// <exception cref="IngestException">A row is too long.</exception>
    internal void CheckLengths(string source, int maximum)
    {
        FinishAppending();
        var (view, length) = (_view.Definition, OnlineRowLength.Of(_view.Definition));
        var keys = string.Join(" AND ", view.Keys.Select(key => $"{Sql.Name(key.Name)} IS NOT NULL"));
        var found = Session.Query(string.Create(
            CultureInfo.InvariantCulture, $"SELECT rowid, ({length})::BIGINT FROM {OfflineView.StagingTable} WHERE {length} > {maximum} AND {keys} ORDER BY rowid LIMIT 1"));
        if (found.Count > 0)
        {
            var row = (long)found[0][0]! + 1;
            throw new IngestException(source, OnlineRowLength.Describe(view.Name, view.Version, row, (long)found[0][1]!, maximum), row: row);
        }
    }

    /// <summary>Adds rows of <see cref="FeatureViewDefinition.StoredSchema"/>.</summary>
    internal void Append(RecordBatch batch)
    {
        _appendSchema ??= ToStaged(batch.Schema);
        _appender ??= Session.CreateAppender(OfflineView.StagingTable, _appendSchema);
        // Not disposed: the arrays belong to the caller.
        var plain = new RecordBatch(_appendSchema, Enumerable.Range(0, batch.ColumnCount).Select(i => ToStaged(batch.Column(i))), batch.Length);
        _appender.Append(plain);
    }

    /// <summary>Adds the rows of a file with the columns of the staging table.</summary>
    /// <param name="path">A Parquet file of <see cref="FileStaging.ExportAsync"/>.</param>
    /// <param name="cancellationToken">Gives up.</param>
    internal void AppendFile(string path, CancellationToken cancellationToken)
        => Session.Execute($"INSERT INTO {OfflineView.StagingTable} SELECT * FROM read_parquet({Sql.File(path)}, hive_partitioning = false)", cancellationToken);

    internal IngestResult Commit(string batchId, CancellationToken cancellationToken, (long First, long Last)? sequences = null)
    {
        FinishAppending();
        var (commit, repeated) = _view.Append(Session, batchId, cancellationToken, sequences);
        return ToResult(_view.Definition, commit, repeated);
    }

    internal static IngestResult ToResult(FeatureViewDefinition view, OfflineCommit commit, bool repeated)
        => new(view.Name, view.Version, commit.Number, commit.RowCount, commit.NullKeyRowCount, commit.FirstSequence, repeated);

    public void Dispose()
    {
        _appender?.Dispose();
        Session.Dispose();
    }

    private void FinishAppending()
    {
        _appender?.Close();
        _appender?.Dispose();
        _appender = null;
    }

    // The stored columns are plain TIMESTAMPs in UTC: no conversion between time zones may touch them.
    // Vectors are lists there.
    private static IArrowType ToStaged(IArrowType type) => type switch
    {
        TimestampType time => new TimestampType(time.Unit, (string?)null),
        FixedSizeListType => VectorColumn.StagedType,
        _ => type,
    };

    private static Schema ToStaged(Schema schema) => new(schema.FieldsList.Select(f => new Field(f.Name, ToStaged(f.DataType), f.IsNullable)), metadata: null);

    private static IArrowArray ToStaged(IArrowArray array) => array switch
    {
        TimestampArray time => new TimestampArray(new ArrayData(ToStaged(time.Data.DataType), time.Length, time.NullCount, time.Offset, time.Data.Buffers)),
        FixedSizeListArray vectors => VectorColumn.ToLists(vectors),
        _ => array,
    };
}
