using System.Data;
using Apache.Arrow;
using Mlp.Features.Definitions;
using Mlp.Features.Interop;
using Mlp.Runtime.Data;

namespace Mlp.Features.Ingestion;

/// <summary>The rows of a data reader's current result. They stream: a few thousand are in memory at a time.</summary>
/// <param name="reader">The reader; it stays the caller's.</param>
/// <param name="view">The view, for messages.</param>
/// <param name="neededColumns">The columns that are read by their names.</param>
internal sealed class DataReaderSource(IDataReader reader, FeatureViewDefinition view, IEnumerable<string> neededColumns) : RowSource
{
    /// <summary>The source in messages.</summary>
    internal const string Source = "the data reader";

    private const int RowsPerBatch = 2048;

    private readonly HashSet<string> _needed = neededColumns.ToHashSet(StringComparer.OrdinalIgnoreCase);
    private readonly List<(int Ordinal, DataReaderColumn Column, Func<string, string, Exception> Refuse)> _columns = [];
    private long _row;

    internal override string Named => Source;

    internal override bool IsReadOnce => true;

    internal override bool IsText(string column) => _columns.Exists(c => c.Column.IsText && string.Equals(c.Column.Name, column, StringComparison.OrdinalIgnoreCase));

    internal override ValueTask LoadAsync(DuckDbSession session, string table, CancellationToken cancellationToken)
    {
        Load(session, table, cancellationToken);
        return ValueTask.CompletedTask;
    }

    private void Load(DuckDbSession session, string table, CancellationToken cancellationToken)
    {
        FindColumns();
        session.Execute($"CREATE TEMP TABLE {Sql.Name(table)} ({string.Join(", ", _columns.Select(c => $"{Sql.Name(c.Column.Name)} {c.Column.SqlType}"))})", cancellationToken);
        var schema = new Schema(_columns.Select(c => new Field(c.Column.Name, c.Column.Type, nullable: true)), metadata: null);
        using var appender = session.CreateAppender(table, schema);
        var count = 0;
        while (reader.Read())
        {
            cancellationToken.ThrowIfCancellationRequested();
            _row++;
            Append();
            if (++count == RowsPerBatch)
            {
                Flush();
            }
        }

        Flush();
        appender.Close();

        void Flush()
        {
            if (count > 0)
            {
                appender.Append(new RecordBatch(schema, _columns.Select(c => c.Column.Build()), count));
                count = 0;
            }
        }
    }

    private void FindColumns()
    {
        for (var i = 0; i < reader.FieldCount; i++)
        {
            var name = reader.GetName(i);
            if (_columns.Exists(c => string.Equals(c.Column.Name, name, StringComparison.OrdinalIgnoreCase)))
            {
                throw new IngestException(Source, $"Expected the column names of {Source} to be unique without regard to case, but '{name}' occurs more than once. Give the columns of the query names.", name);
            }

            var type = reader.GetFieldType(i);
            if (DataReaderColumns.Find(name, type, _needed.Contains(name)) is { } column)
            {
                _columns.Add((i, column, (expected, found) => new IngestException(Source, $"Expected column '{name}' of {Source} to hold {expected} for {view}, but found {found} in row {_row}.", name, _row)));
            }
            else if (_needed.Contains(name))
            {
                throw new IngestException(
                    Source, $"Expected column '{name}' of {Source} to have numbers, texts, times, GUIDs, truth values or vectors (float[], double[] or lists of them) for {view}, but found {DataReaderColumns.NameOf(type)}. Convert it to one of them in the query.", name);
            }
        }

        if (_columns.Count == 0)
        {
            throw new IngestException(Source, $"Expected columns for {view} in {Source}, but found none.");
        }
    }

    private void Append()
    {
        foreach (var (ordinal, column, refuse) in _columns)
        {
            try
            {
                column.Append(reader.IsDBNull(ordinal) ? null : reader.GetValue(ordinal), refuse);
            }
            catch (Exception e) when (e is InvalidCastException or OverflowException)
            {
                throw new IngestException(
                    Source,
                    e is OverflowException
                        ? $"Expected column '{column.Name}' of {Source} to have values that can be kept whole, but the one in row {_row} cannot."
                        : $"Expected column '{column.Name}' of {Source} to have values of one type, but found another in row {_row}.",
                    column.Name,
                    _row);
            }
        }
    }
}
