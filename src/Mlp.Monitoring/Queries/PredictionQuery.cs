using System.Data.Common;
using System.Runtime.CompilerServices;
using Apache.Arrow;
using Mlp.Monitoring.Compaction;
using Mlp.Monitoring.PredictionLog;
using Mlp.Monitoring.Segments;
using Mlp.Runtime.Data;
using Mlp.Runtime.Interop;

namespace Mlp.Monitoring.Queries;

/// <summary>
/// Answers SQL over the logged predictions of one model, which are the relation <c>predictions</c>. The SQL is one SELECT; it sees the files of that model and nothing else on the machine. What was
/// compacted is read where it lies, and what was not is copied into a table of DuckDB first.
/// </summary>
/// <param name="reader">Reads the log.</param>
internal sealed class PredictionQuery(PredictionLogReader reader)
{
    /// <summary>Name of the relation.</summary>
    public const string Relation = "predictions";

    /// <summary>Runs a query.</summary>
    /// <param name="model">Model name.</param>
    /// <param name="sql">One SELECT.</param>
    /// <param name="filter">Which predictions it sees.</param>
    /// <param name="cancellationToken">Ends the query.</param>
    /// <returns>Its rows in memory of the garbage collector.</returns>
    /// <exception cref="ArgumentException">It is not one SELECT over <c>predictions</c>.</exception>
    public async IAsyncEnumerable<RecordBatch> RunAsync(string model, string sql, PredictionFilter filter, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        using var session = DuckDbSession.Open(reader.Settings);
        var compacted = new List<string>();
        using (var tables = new LiveTables(session))
        {
            foreach (var file in reader.ListFiles(model).Where(f => filter.Version is null || f.Version is null || f.Version == filter.Version))
            {
                if (file.IsCompacted)
                {
                    compacted.Add(file.Compacted);
                    continue;
                }

                await foreach (var batch in reader.ReadAsync(file, cancellationToken).ConfigureAwait(false))
                {
                    foreach (var part in filter.Cut(batch))
                    {
                        tables.Append(part);
                    }
                }
            }

            CreateRelation(session, tables.Complete(), compacted, filter);
        }

        session.Confine(compacted);
        if (session.FindFaultOfSelect(sql) is { } fault)
        {
            throw new ArgumentException($"Expected the SQL to be one SELECT over '{Relation}', the logged predictions of model '{model}', but {fault}", nameof(sql));
        }

        var batches = session.QueryArrowAsync(sql, isStreamed: true, cancellationToken).GetAsyncEnumerator(cancellationToken);
        await using var ending = batches.ConfigureAwait(false);
        while (await MoveNextAsync(batches, model).ConfigureAwait(false))
        {
            using var batch = batches.Current;
            yield return batch.Clone(ManagedAllocator.Instance);
        }
    }

    private static void CreateRelation(DuckDbSession session, IEnumerable<string> tables, List<string> compacted, PredictionFilter filter)
    {
        var parts = tables.Select(table => $"FROM {SqlText.Name(table)}").ToList();
        if (compacted.Count > 0)
        {
            parts.Add($"FROM read_parquet([{string.Join(", ", compacted.Select(SqlText.File))}], union_by_name = true, hive_partitioning = false)");
        }

        if (parts.Count == 0)
        {
            // A model without predictions has the columns that all have.
            CompactedSegment.CreateTable(session, "nothing", PredictionSchema.CommonFields.Select(field => new CompactedColumn(field)));
            parts.Add("FROM nothing");
        }

        session.Execute($"CREATE TEMP VIEW {Relation} AS SELECT * FROM ({string.Join(" UNION ALL BY NAME ", parts)}) WHERE {filter.ToSql()}");
    }

    private static async ValueTask<bool> MoveNextAsync(IAsyncEnumerator<RecordBatch> batches, string model)
    {
        try
        {
            return await batches.MoveNextAsync().ConfigureAwait(false);
        }
        catch (DbException e)
        {
            // DuckDB's message may quote values, so it stays inside.
            throw new InvalidOperationException($"Expected the SQL to be computed over the logged predictions of model '{model}', but it cannot be; the inner exception says why.", e);
        }
    }

    /// <summary>Tables with the rows of segments, one per set of columns.</summary>
    private sealed class LiveTables(DuckDbSession session) : IDisposable
    {
        private readonly Dictionary<string, (string Name, CompactedColumn[] Columns, DuckDbAppender Appender)> _tables = new(StringComparer.Ordinal);

        public void Append(RecordBatch batch)
        {
            var columns = CompactedSegment.ColumnsOf(batch.Schema);
            var key = string.Join('\n', columns.Select(c => $"{c.Stored.Name}\t{c.SqlType}"));
            if (!_tables.TryGetValue(key, out var table))
            {
                var name = FormattableString.Invariant($"live_{_tables.Count}");
                CompactedSegment.CreateTable(session, name, columns);
                table = (name, columns, session.CreateAppender(name, CompactedSegment.StoredSchema(columns)));
                _tables.Add(key, table);
            }

            table.Appender.Append(CompactedSegment.ToStored(batch, table.Columns));
        }

        /// <summary>Ends the appending and gives the names of the tables.</summary>
        public IReadOnlyList<string> Complete()
        {
            foreach (var table in _tables.Values)
            {
                table.Appender.Close();
            }

            return [.. _tables.Values.Select(t => t.Name)];
        }

        public void Dispose()
        {
            foreach (var table in _tables.Values)
            {
                table.Appender.Dispose();
            }
        }
    }
}
