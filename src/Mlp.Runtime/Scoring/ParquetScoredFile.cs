using Apache.Arrow;
using Apache.Arrow.Types;
using DuckDB.NET.Data;
using Mlp.Runtime.Data;
using Mlp.Runtime.Interop;

namespace Mlp.Runtime.Scoring;

/// <summary>
/// A Parquet output of a Parquet input. Its parts hold the answers alone; at the end DuckDB puts them beside the rows of the input by position, so that kept columns have the very types that they
/// had, and none of them passes through our hands.
/// </summary>
/// <param name="folder">Where parts are.</param>
/// <param name="input">Full path of the input.</param>
/// <param name="kept">Names of the columns that the output has too.</param>
/// <param name="result">The columns of answers.</param>
/// <param name="settings">How DuckDB is limited.</param>
internal sealed class ParquetScoredFile(ScoringWorkFolder folder, string input, IReadOnlyList<string> kept, ResultLayout result, DuckDbSettings settings) : IScoredFile
{
    private const string Table = "answers";

    private readonly Schema _schema = new(result.Fields, metadata: null);
    private DuckDbSession? _session;
    private DuckDbAppender? _appender;

    /// <inheritdoc/>
    public void Append(RecordBatch scored)
    {
        Begin().Append(scored);
        GC.KeepAlive(scored);
    }

    /// <inheritdoc/>
    public string CompletePart()
    {
        Begin().Close();
        _appender!.Dispose();
        _appender = null;
        var path = folder.TemporaryPath(".parquet");
        _session!.Execute($"COPY {Table} TO {SqlText.Text(path)} ({ParquetFormat.CopyOptions})");
        _session.Execute($"DROP TABLE {Table}");
        return path;
    }

    /// <inheritdoc/>
    public string Assemble(IReadOnlyList<string> parts, CancellationToken cancellationToken)
    {
        _session ??= DuckDbSession.Open(settings);
        var path = folder.TemporaryPath(".output");
        var answers = $"read_parquet([{string.Join(", ", parts.Select(SqlText.File))}], hive_partitioning = false)";
        var columns = kept.Select(k => $"i.{SqlText.Name(k)}").Concat(result.Fields.Select(f => $"a.{SqlText.Name(f.Name)}"));
        var metadata = string.Join(", ", result.Metadata.Select(m => $"{SqlText.Name(m.Key)}: {SqlText.Text(m.Value)}"));
        var rows = kept.Count == 0 ? $"{answers} a" : $"{ParquetTableSource.Relation(input)} i POSITIONAL JOIN {answers} a";
        try
        {
            _session.Execute(
                $"COPY (SELECT {string.Join(", ", columns)} FROM {rows}) TO {SqlText.Text(path)} ({ParquetFormat.CopyOptions}, KV_METADATA {{{metadata}}})", cancellationToken);
        }
        catch (DuckDBException e)
        {
            throw new FileScoringException(input, $"Expected to write the rows of '{input}' with their scores, but DuckDB cannot; the inner exception says why.", e);
        }

        return path;
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        _appender?.Dispose();
        _session?.Dispose();
    }

    private DuckDbAppender Begin()
    {
        if (_appender is null)
        {
            _session ??= DuckDbSession.Open(settings);
            _session.Execute($"CREATE TABLE {Table} ({string.Join(", ", result.Fields.Select(f => $"{SqlText.Name(f.Name)} {TypeOf(f.DataType)}"))})");
            _appender = _session.CreateAppender(Table, _schema);
        }

        return _appender;
    }

    private static string TypeOf(IArrowType type) => type switch
    {
        DoubleType => "DOUBLE",
        Int32Type => "INTEGER",
        StringType => "VARCHAR",
        FixedSizeListType list => FormattableString.Invariant($"DOUBLE[{list.ListSize}]"),
        _ => throw new ArgumentOutOfRangeException(nameof(type), type.Name, "Expected the type of a result column."),
    };
}
