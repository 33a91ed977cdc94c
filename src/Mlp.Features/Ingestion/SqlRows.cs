using DuckDB.NET.Data;
using Mlp.Features.Definitions;
using Mlp.Features.Interop;
using Mlp.Features.Offline;
using Mlp.Runtime.Data;

namespace Mlp.Features.Ingestion;

/// <summary>The rows of a query over named sources. The query sees those sources and no other file: what it read beside them would be in no batch id.</summary>
/// <param name="view">The view, for messages.</param>
/// <param name="sql">One SELECT.</param>
/// <param name="relations">Its tables.</param>
internal sealed class SqlRows(FeatureViewDefinition view, string sql, IReadOnlyList<SqlRelation> relations) : RowSource
{
    /// <summary>The source in messages.</summary>
    internal const string Source = "the SQL";

    internal override string Named => Source;

    internal override bool IsSql => true;

    internal override async ValueTask LoadAsync(DuckDbSession session, string table, CancellationToken cancellationToken)
    {
        var readable = new List<string>();

        // What can be read once only comes last, so that a view that cannot be read takes nothing from it.
        foreach (var relation in relations.OrderBy(relation => relation.File?.Rows?.IsReadOnce == true))
        {
            await CreateAsync(session, relation, readable, cancellationToken).ConfigureAwait(false);
        }

        session.Confine(readable);
        if (session.FindFaultOfSelect(sql) is { } fault)
        {
            throw NoSelect(fault);
        }

        // On lines of its own, so that a comment at its end ends there.
        var query = $"SELECT * FROM (\n{sql.TrimEnd().TrimEnd(';')}\n)";
        try
        {
            session.Query($"DESCRIBE {query}");
        }
        catch (DuckDBException e)
        {
            throw NoSelect($"DuckDB says: {e.Message.Split('\n', 2)[0]}");
        }

        try
        {
            session.Execute($"CREATE TEMP TABLE {table} AS {query}", cancellationToken);
        }
        catch (DuckDBException e)
        {
            if (relations.Select(r => r.Snapshot?.FindUnreadable(session)).FirstOrDefault(found => found is not null) is { } damaged)
            {
                throw damaged;
            }

            throw new IngestException(Source, $"Expected the SQL for {view} to be computed over all rows of {Tables()}, but it cannot be ({SqlErrors.WithoutValues(e.Message, sql)}).");
        }
    }

    private static async ValueTask CreateAsync(DuckDbSession session, SqlRelation relation, List<string> readable, CancellationToken cancellationToken)
    {
        var name = Sql.Name(relation.Name);
        if (relation.Snapshot is { } snapshot)
        {
            snapshot.RequireReadable(session);
            readable.AddRange(snapshot.FullPaths);
            session.Execute($"CREATE TEMP VIEW {name} AS {LatestRows.Of(snapshot)}", cancellationToken);
            return;
        }

        var file = relation.File!;
        if (file.Rows is { HiddenColumns.Count: > 0 } source)
        {
            var rows = $"__mlp_rows_{relation.Name}";
            await source.LoadAsync(session, rows, cancellationToken).ConfigureAwait(false);
            session.Execute($"CREATE TEMP VIEW {name} AS SELECT * EXCLUDE ({string.Join(", ", source.HiddenColumns.Select(Sql.Name))}) FROM {Sql.Name(rows)}", cancellationToken);
        }
        else
        {
            await FileStaging.LoadAsync(session, file, relation.Name, cancellationToken).ConfigureAwait(false);
        }
    }

    private IngestException NoSelect(string fault) => new(Source, $"Expected the SQL for {view} to be one SELECT over {Tables()}, but {fault}");

    private string Tables() => relations.Count == 0 ? "no source" : string.Join(", ", relations.Select(relation => $"'{relation.Name}'"));
}
