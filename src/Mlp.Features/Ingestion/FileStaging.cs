using DuckDB.NET.Data;
using Mlp.Features.Definitions;
using Mlp.Features.Interop;
using Mlp.Features.Offline;
using Mlp.Runtime.Data;

namespace Mlp.Features.Ingestion;

/// <summary>
/// Brings the rows of a file or another source into their stored form: first as they are into a table whose row ids count from 0, then checked and converted.
/// DuckDB's own messages quote the data, so they do not leave the ingestion.
/// </summary>
/// <param name="view">The view.</param>
/// <param name="file">The source.</param>
/// <param name="session">Where it works; SQL of the caller leaves it confined.</param>
internal sealed class FileStaging(FeatureViewDefinition view, SourceFile file, DuckDbSession session)
{
    /// <summary>The table with the rows as they are.</summary>
    internal const string Raw = "raw_rows";

    private readonly bool _isText = file.Options is CsvIngestOptions;

    /// <summary>Brings the rows into the staging table of the session. For sources without SQL of the caller.</summary>
    /// <exception cref="IngestException">A column is missing or mistyped, or a value cannot be read.</exception>
    internal async Task InsertAsync(CancellationToken cancellationToken)
    {
        var rows = await PrepareAsync(cancellationToken).ConfigureAwait(false);
        session.Execute($"INSERT INTO {OfflineView.StagingTable} {rows}", cancellationToken);
        session.Execute($"DROP TABLE {Raw}", CancellationToken.None);
    }

    /// <summary>Writes the rows to a file in the folder of the session, in which SQL of the caller sees its sources and nothing else.</summary>
    /// <returns>Path of a Parquet file; its columns are those of the staging table.</returns>
    /// <exception cref="IngestException">A column is missing or mistyped, or a value cannot be read.</exception>
    internal async Task<string> ExportAsync(CancellationToken cancellationToken)
    {
        var rows = await PrepareAsync(cancellationToken).ConfigureAwait(false);
        Directory.CreateDirectory(session.ScratchDirectory);
        var path = Path.Combine(session.ScratchDirectory, "converted.parquet");
        session.Execute($"COPY ({rows}) TO {Sql.Text(path)} ({ParquetFormat.CopyOptions})", cancellationToken);
        session.Execute($"DROP TABLE {Raw}", CancellationToken.None);
        return path;
    }

    /// <summary>Brings the rows of a source as they are into a table that does not exist yet.</summary>
    /// <param name="session">The session.</param>
    /// <param name="file">The source.</param>
    /// <param name="table">Name of the table.</param>
    /// <param name="cancellationToken">Gives up.</param>
    internal static async ValueTask LoadAsync(DuckDbSession session, SourceFile file, string table, CancellationToken cancellationToken)
    {
        if (file.Rows is { } rows)
        {
            await rows.LoadAsync(session, table, cancellationToken).ConfigureAwait(false);
            return;
        }

        var scratch = Path.Combine(session.ScratchDirectory, "parquet");
        try
        {
            var relation = file.Options is CsvIngestOptions csv
                ? csv.Open(file.Source).Relation
                : $"read_parquet({Sql.File(ParquetNanoseconds.Prepare(session, file.Source, scratch))}, hive_partitioning = false)";
            session.Execute($"CREATE TEMP TABLE {Sql.Name(table)} AS SELECT * FROM {relation}", cancellationToken);
        }
        catch (DuckDBException e)
        {
            throw file.Options is CsvIngestOptions
                ? CsvIngestOptions.Failure(file.Source, CsvText.Unreadable(file.Source, e.Message))
                : new IngestException(file.Source, $"Expected a Parquet file at {file.Named}, but it cannot be read as one.");
        }
        finally
        {
            if (Directory.Exists(scratch))
            {
                Directory.Delete(scratch, recursive: true);
            }
        }
    }

    /// <summary>Loads and checks the rows.</summary>
    /// <returns>SQL of the rows in their stored form and order.</returns>
    private async ValueTask<string> PrepareAsync(CancellationToken cancellationToken)
    {
        await LoadAsync(session, file, Raw, cancellationToken).ConfigureAwait(false);
        if (file.HasSql)
        {
            session.Confine([]);
        }

        var names = session.Query($"DESCRIBE {Raw}").ConvertAll(r => ((string)r[0]!, (string)r[1]!));
        names.RemoveAll(name => file.Rows?.HiddenColumns.Contains(name.Item1) == true);
        var columns = Resolve(names);
        var filter = Filter();
        var kept = Kept(filter);
        new FileRowCheck(view, file, session, columns, filter).Run(kept);
        var select = columns.Zip(Sql.StoredColumns(view), (column, stored) => $"{column.Value} AS {Sql.Name(stored.Name)}");
        return $"SELECT {string.Join(", ", select)} FROM {kept} ORDER BY __source_row";
    }

    private List<FileColumn> Resolve(List<(string Name, string Type)> names)
    {
        var options = file.Options;
        var known = view.Keys.Select(k => k.Name).Concat(view.Fields.Select(f => f.Name)).Append(view.EventTimeColumn).Append(view.CreatedTimeColumn ?? view.EventTimeColumn).ToHashSet();
        if (options.Columns.Keys.Concat(options.Expressions.Keys).FirstOrDefault(c => !known.Contains(c)) is { } unknown)
        {
            throw new IngestException(file.Source, $"Expected the options for {file.Named} to name columns of {view}, but '{unknown}' is none of {Quoted(known)}.", unknown);
        }

        if (options.Columns.Keys.FirstOrDefault(options.Expressions.ContainsKey) is { } twice)
        {
            throw new IngestException(file.Source, $"Expected the options for {file.Named} to say once where column '{twice}' of {view} comes from, but both {nameof(options.Columns)} and {nameof(options.Expressions)} name it.", twice);
        }

        return
        [
            .. view.Keys.Select(k => Resolve(names, k.Name, k.Kind == EntityValueKind.Guid ? "UUID" : Sql.TypeOf(k.Kind), WithArticle($"{k.Kind} key"))),
            Resolve(names, view.EventTimeColumn, "TIMESTAMP", "a time"),
            Resolve(names, view.CreatedTimeColumn ?? view.EventTimeColumn, "TIMESTAMP", "a time"),
            .. view.Fields.Select(f => Resolve(names, f.Name, Sql.TypeOf(f), f.IsVector ? VectorColumn.Expected(f.Length) : WithArticle(f.TypeName)) with { Length = f.Length }),
        ];
    }

    private FileColumn Resolve(List<(string Name, string Type)> names, string column, string target, string expected)
    {
        if (file.Options.Expressions.TryGetValue(column, out var expression))
        {
            return Typed(Condition(expression), TypeOf(expression, column), $"the expression for column '{column}'", " Cast it in the expression.");
        }

        var name = file.Options.Columns.TryGetValue(column, out var mapped) ? mapped : column;
        var index = names.FindIndex(n => string.Equals(n.Name, name, StringComparison.OrdinalIgnoreCase));
        if (index < 0)
        {
            var found = names.ConvertAll(n => n.Name);
            throw new IngestException(file.Source, $"Expected a column '{name}' for {view} in {file.Named}, but found {Quoted(found)}.{(file.Options as CsvIngestOptions)?.Format.Advice(nameof(CsvIngestOptions), found)}", name);
        }

        var sql = Sql.Name(names[index].Name);
        if (!_isText && file.Rows?.IsText(names[index].Name) != true)
        {
            return Typed(sql, names[index].Type, $"column '{name}'", FileColumns.WayOut(column, names[index].Name, names[index].Type, target));
        }

        var otherKind = file.Rows?.IsOfAnotherKind(names[index].Name, target);
        var isBad = TextValue.IsBadText(sql, target, isJson: otherKind is not null);
        return new FileColumn(column, $"column '{name}'", TextValue.FromText(sql, target), expected, target)
        {
            Text = sql,
            IsOfAnotherKind = otherKind,
            IsBad = otherKind is null || isBad is null ? otherKind ?? isBad : $"({otherKind} OR {isBad})",
        };

        FileColumn Typed(string value, string type, string source, string wayOut)
            => new(
                column,
                source,
                FileColumns.FromTyped(value, type, target)
                    ?? throw new IngestException(file.Source, $"Expected {source} of {file.Named} to be {expected} for {view}, but found {type}, which does not fit without loss.{wayOut}", column),
                expected,
                target);
    }

    private string TypeOf(string expression, string column)
    {
        try
        {
            // The row id makes an aggregate, which has no value per row, a fault.
            return session.FindFaultOfExpression(expression) is { } fault
                ? throw NoExpression(fault)
                : (string)session.Query($"DESCRIBE SELECT rowid, {Condition(expression)} AS x FROM {Raw}")[1][1]!;
        }
        catch (DuckDBException e)
        {
            throw NoExpression($"DuckDB says: {FirstLine(e)}");
        }

        IngestException NoExpression(string fault)
            => new(file.Source, $"Expected the expression for column '{column}' of {view} to be SQL over the columns of {file.Named}, but {fault}", column);
    }

    private string? Filter()
    {
        if (file.Options.Filter is not { } filter)
        {
            return null;
        }

        if (session.FindFaultOfExpression(filter) is { } fault)
        {
            throw NoCondition(fault);
        }

        try
        {
            var type = (string)session.Query($"DESCRIBE SELECT {Condition(filter)} AS x FROM {Raw}")[0][1]!;
            if (type != "BOOLEAN")
            {
                throw new IngestException(file.Source, $"Expected the filter for {file.Named} to be a BOOLEAN, but it is a {type}.");
            }

            session.Query($"DESCRIBE SELECT rowid FROM {Raw} WHERE {Condition(filter)}");
            return Condition(filter);
        }
        catch (DuckDBException e)
        {
            throw NoCondition($"DuckDB says: {FirstLine(e)}");
        }

        IngestException NoCondition(string what) => new(file.Source, $"Expected the filter for {file.Named} to be an SQL condition over its columns, but {what}");
    }

    // On lines of its own, so that a comment at its end ends there.
    private static string Condition(string sql) => $"(\n{sql}\n)";

    private static string Kept(string? filter) => $"(SELECT rowid AS __source_row, * FROM {Raw}{(filter is null ? string.Empty : $" WHERE {filter}")})";

    private static string WithArticle(string name) => $"{(name[0] == 'I' ? "an" : "a")} {name}";

    private static string Quoted(IEnumerable<string> names) => string.Join(", ", names.Select(n => $"'{n}'"));

    private static string FirstLine(DuckDBException e) => e.Message.Split('\n', 2)[0];
}
