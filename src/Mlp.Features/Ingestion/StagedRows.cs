using Apache.Arrow;
using Apache.Arrow.Types;
using Mlp.Features.Definitions;
using Mlp.Features.Interop;
using Mlp.Features.Offline;
using Mlp.Runtime.Data;
using Mlp.Runtime.Interop;

namespace Mlp.Features.Ingestion;

/// <summary>Rows of one batch on their way into a view: first into a table of a private DuckDB session, then as files and one commit. Not thread-safe.</summary>
internal sealed class StagedRows : IDisposable
{
    private readonly OfflineView _view;
    private DuckDbAppender? _appender;
    private Schema? _appendSchema;

    internal StagedRows(OfflineView view, DuckDbSession session, bool withSequences = false)
    {
        _view = view;
        Session = session;
        view.CreateStaging(session, withSequences);
    }

    internal DuckDbSession Session { get; }

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
        => Session.Execute($"INSERT INTO {OfflineView.StagingTable} SELECT * FROM read_parquet({Sql.Text(path)}, hive_partitioning = false)", cancellationToken);

    internal IngestResult Commit(string batchId, CancellationToken cancellationToken, (long First, long Last)? sequences = null)
    {
        _appender?.Close();
        _appender?.Dispose();
        _appender = null;
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
