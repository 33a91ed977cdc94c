using DuckDB.NET.Data;
using Mlp.Features.Definitions;
using Mlp.Features.Interop;
using Mlp.Features.Offline;
using Mlp.Runtime.Data;

namespace Mlp.Features.Ingestion;

/// <summary>The rows of a query over named sources. The query sees those sources and no other file.</summary>
/// <param name="view">The view, for messages.</param>
/// <param name="sql">One SELECT.</param>
/// <param name="relations">Its tables.</param>
/// <param name="writable">The folder that the session must still write to afterwards.</param>
internal sealed class SqlRows(FeatureViewDefinition view, string sql, IReadOnlyList<SqlRelation> relations, string writable) : RowSource
{
    /// <summary>The source in messages.</summary>
    internal const string Source = "the SQL";

    internal override string Named => Source;

    internal override void Load(DuckDbSession session, string table, CancellationToken cancellationToken)
    {
        var readable = new List<string>();
        foreach (var relation in relations)
        {
            Create(session, relation, readable, cancellationToken);
        }

        Confine(session, readable);

        // On lines of its own, so that a comment at its end ends there.
        var query = $"SELECT * FROM (\n{sql.TrimEnd().TrimEnd(';')}\n)";
        try
        {
            session.Query($"DESCRIBE {query}");
        }
        catch (DuckDBException e)
        {
            throw new IngestException(Source, $"Expected the SQL for {view} to be one SELECT over {Tables()}, but DuckDB says: {e.Message.Split('\n', 2)[0]}");
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

            // What follows the kind of the error quotes values.
            throw new IngestException(Source, $"Expected the SQL for {view} to be computed over all rows of {Tables()}, but it cannot be ({e.Message.Split(':', 2)[0]}).");
        }
    }

    private static void Create(DuckDbSession session, SqlRelation relation, List<string> readable, CancellationToken cancellationToken)
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
        var rows = $"__mlp_rows_{relation.Name}";
        if (file.Rows is { HiddenColumns.Count: > 0 } source)
        {
            source.Load(session, rows, cancellationToken);
            session.Execute($"CREATE TEMP VIEW {name} AS SELECT * EXCLUDE ({string.Join(", ", source.HiddenColumns.Select(Sql.Name))}) FROM {Sql.Name(rows)}", cancellationToken);
        }
        else
        {
            new FileStaging(null!, file, session).Load(relation.Name, cancellationToken);
        }
    }

    // What a query reads beside its sources would be in no batch id.
    private void Confine(DuckDbSession session, List<string> readable)
    {
        session.Execute($"SET allowed_directories = [{Sql.Text(writable)}, {Sql.Text(session.ScratchDirectory)}]");
        if (readable.Count > 0)
        {
            session.Execute($"SET allowed_paths = [{string.Join(", ", readable.Select(Sql.Text))}]");
        }

        session.Execute("SET enable_external_access = false");
    }

    private string Tables() => relations.Count == 0 ? "no source" : string.Join(", ", relations.Select(relation => $"'{relation.Name}'"));
}
