using System.Globalization;
using System.Text.RegularExpressions;
using DuckDB.NET.Data;
using Mlp.Features.Definitions;
using Mlp.Features.Interop;
using Mlp.Features.Offline;
using Mlp.Runtime.Data;

namespace Mlp.Features.Ingestion;

/// <summary>
/// Brings the rows of a file or another source into the staging table: first as they are into a table whose row ids count from 0, then checked and converted.
/// DuckDB's own messages quote the data, so they never leave this class.
/// </summary>
internal sealed partial class FileStaging(FeatureViewDefinition view, SourceFile file, DuckDbSession session)
{
    private const string Raw = "raw_rows";

    private readonly bool _isCsv = file.Options is CsvIngestOptions;

    /// <exception cref="IngestException">A column is missing or mistyped, or a value cannot be read.</exception>
    internal void Run(CancellationToken cancellationToken)
    {
        Load(Raw, cancellationToken);
        var names = session.Query($"DESCRIBE {Raw}").ConvertAll(r => ((string)r[0]!, (string)r[1]!));
        names.RemoveAll(name => file.Rows?.HiddenColumns.Contains(name.Item1) == true);
        var columns = Resolve(names);
        var filter = Filter();
        CheckValues(columns, filter);
        session.Execute(
            $"INSERT INTO {OfflineView.StagingTable} SELECT {string.Join(", ", columns.Select(c => c.Value))} FROM {Kept(filter)} ORDER BY __source_row",
            cancellationToken);
        session.Execute($"DROP TABLE {Raw}", CancellationToken.None);
    }

    /// <summary>Brings the rows as they are into a table that does not exist yet.</summary>
    internal void Load(string table, CancellationToken cancellationToken)
    {
        if (file.Rows is { } rows)
        {
            rows.Load(session, table, cancellationToken);
            return;
        }

        var scratch = Path.Combine(session.ScratchDirectory, "parquet");
        try
        {
            var relation = file.Options is CsvIngestOptions csv
                ? CsvRelation(csv)
                : $"read_parquet({Sql.Text(ParquetNanoseconds.Prepare(session, file.Source, scratch))}, hive_partitioning = false)";
            session.Execute($"CREATE TEMP TABLE {Sql.Name(table)} AS SELECT * FROM {relation}", cancellationToken);
        }
        catch (DuckDBException e)
        {
            throw Unreadable(e.Message);
        }
        finally
        {
            if (Directory.Exists(scratch))
            {
                Directory.Delete(scratch, recursive: true);
            }
        }
    }

    private string CsvRelation(CsvIngestOptions options)
    {
        var header = CsvHeader.Read(file.Source, options);
        var columns = string.Join(", ", header.Select(h => $"{Sql.Text(h)}: 'VARCHAR'"));
        return $"read_csv({Sql.Text(file.Source)}, auto_detect = false, header = true, delim = {Sql.Text(options.Delimiter.ToString())}, "
            + $"quote = {Sql.Text(options.Quote.ToString())}, escape = {Sql.Text(options.Quote.ToString())}, nullstr = {Sql.Text(options.NullText)}, "
            + $"allow_quoted_nulls = false, columns = {{{columns}}})";
    }

    private IngestException Unreadable(string message)
    {
        if (!_isCsv)
        {
            return new IngestException(file.Source, $"Expected a Parquet file at {file.Named}, but it cannot be read as one.");
        }

        long? line = LineOf().Match(message) is { Success: true } l ? long.Parse(l.Groups[1].ValueSpan, CultureInfo.InvariantCulture) : null;
        var where = line is null ? string.Empty : $" in line {line}";
        var counts = ColumnsOf().Match(message);
        return new IngestException(
            file.Source,
            counts.Success
                ? $"Expected {counts.Groups[1].Value} columns in every row of {file.Named}, but found {counts.Groups[2].Value}{where}."
                : $"Expected well-formed CSV in {file.Named} (UTF-8, quotes doubled within quotes), but found something else{where}.",
            line: line);
    }

    private List<FileColumn> Resolve(List<(string Name, string Type)> names)
    {
        var options = file.Options;
        var known = view.Keys.Select(k => k.Name).Concat(view.Fields.Select(f => f.Name)).Append(view.EventTimeColumn).Append(view.CreatedTimeColumn ?? view.EventTimeColumn).ToHashSet();
        if (options.Columns.Keys.Concat(options.Expressions.Keys).FirstOrDefault(c => !known.Contains(c)) is { } unknown)
        {
            throw new IngestException(file.Source, $"Expected the options for {file.Named} to name columns of {view}, but '{unknown}' is none of {Quoted(known)}.", unknown);
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
        var isTime = target == "TIMESTAMP";
        if (file.Options.Expressions.TryGetValue(column, out var expression))
        {
            var source = $"the expression for column '{column}'";
            return Typed($"({expression})", TypeOf(expression, column), source);
        }

        var name = file.Options.Columns.TryGetValue(column, out var mapped) ? mapped : column;
        var index = names.FindIndex(n => string.Equals(n.Name, name, StringComparison.OrdinalIgnoreCase));
        if (index < 0)
        {
            throw new IngestException(file.Source, $"Expected a column '{name}' for {view} in {file.Named}, but found {Quoted(names.Select(n => n.Name))}.", name);
        }

        var sql = Sql.Name(names[index].Name);
        return _isCsv || file.Rows?.IsText(names[index].Name) == true
            ? new FileColumn(column, $"column '{name}'", FileColumns.FromText(sql, target), expected, isTime) { IsBad = IsBad(names[index].Name, sql, target) }
            : Typed(sql, names[index].Type, $"column '{name}'");

        FileColumn Typed(string value, string type, string source)
            => new(
                column,
                source,
                FileColumns.FromTyped(value, type, target)
                    ?? throw new IngestException(file.Source, $"Expected {source} of {file.Named} to be {expected} for {view}, but found {type}, which does not fit without loss.", column),
                expected,
                isTime);
    }

    private string? IsBad(string name, string sql, string target)
    {
        var text = FileColumns.IsBadText(sql, target);
        return file.Rows?.IsOfAnotherKind(name, target) is { } kind ? text is null ? kind : $"({kind} OR {text})" : text;
    }

    private string TypeOf(string expression, string column)
    {
        try
        {
            return (string)session.Query($"DESCRIBE SELECT ({expression}) AS x FROM {Raw}")[0][1]!;
        }
        catch (DuckDBException e)
        {
            throw new IngestException(file.Source, $"Expected the expression for column '{column}' of {view} to be SQL over the columns of {file.Named}, but DuckDB says: {FirstLine(e)}", column);
        }
    }

    private string? Filter()
    {
        if (file.Options.Filter is not { } filter)
        {
            return null;
        }

        try
        {
            var type = (string)session.Query($"DESCRIBE SELECT ({filter}) AS x FROM {Raw}")[0][1]!;
            return type == "BOOLEAN" ? $"({filter})" : throw new IngestException(file.Source, $"Expected the filter for {file.Named} to be a BOOLEAN, but it is a {type}.");
        }
        catch (DuckDBException e)
        {
            throw new IngestException(file.Source, $"Expected the filter for {file.Named} to be an SQL condition over its columns, but DuckDB says: {FirstLine(e)}");
        }
    }

    private static string Kept(string? filter) => $"(SELECT rowid AS __source_row, * FROM {Raw}{(filter is null ? string.Empty : $" WHERE {filter}")})";

    /// <summary>Finds the first row with a value that cannot be read or a time that is null or beyond <see cref="TimeRange"/>.</summary>
    private void CheckValues(List<FileColumn> columns, string? filter)
    {
        var checks = columns.ConvertAll(c => $"min(__source_row) FILTER (WHERE {c.IsWrong ?? "false"}{(c.IsTime ? $" OR NOT {TimeRange.Holds(c.Value)}" : string.Empty)})");
        object?[] first;
        try
        {
            first = session.Query($"SELECT {string.Join(", ", checks)} FROM {Kept(filter)}")[0];

            // Conversions within expressions fail as they are computed; what is not needed above is computed here.
            session.Query($"SELECT {string.Join(", ", columns.Select(c => $"count({c.Value})"))} FROM {Kept(filter)}");
        }
        catch (DuckDBException)
        {
            throw Uncomputable(columns, filter);
        }

        var bad = columns.Zip(first).Where(p => p.Second is not null).OrderBy(p => (long)p.Second!).ToList();
        if (bad.Count == 0)
        {
            return;
        }

        var (column, row) = (bad[0].First, (long)bad[0].Second!);
        throw BadValue(
            column,
            row,
            Is(column.IsBad ?? "false") ? (where => $"the {(file.Rows is null ? "text" : "value")} in {where} is {column.NotSuch}")
                : column.Length > 1 ? (where => $"found {FoundVector(column, row)} in {where}")
                : Is($"{column.Value} IS NULL") ? (where => $"found none in {where}") : (where => $"the time in {where} lies beyond the years 1 to 9999"));

        bool Is(string condition) => session.QueryInt64(string.Create(CultureInfo.InvariantCulture, $"SELECT count(*) FROM {Raw} WHERE rowid = {row} AND ({condition})")) > 0;
    }

    /// <summary>What a vector is that is not as long as its field, or lacks an element.</summary>
    private string FoundVector(FileColumn column, long row)
    {
        var length = session.QueryInt64(string.Create(CultureInfo.InvariantCulture, $"SELECT len({column.Value}) FROM {Raw} WHERE rowid = {row}"));
        return length == column.Length ? "a null element" : string.Create(CultureInfo.InvariantCulture, $"one of {length}");
    }

    private IngestException Uncomputable(List<FileColumn> columns, string? filter)
    {
        var rows = session.QueryInt64($"SELECT count(*) FROM {Raw}");
        if (filter is not null && FindFailing(filter, null, 0, rows) is { } failing)
        {
            return new IngestException(
                file.Source, $"Expected the filter for {file.Named} to be computed for every row, but it cannot be in {Where(failing)}.", null, failing + 1, LineOf(failing));
        }

        foreach (var column in columns)
        {
            if (FindFailing(column.Value, filter, 0, rows) is { } row)
            {
                return BadValue(column, row, where => $"it cannot be computed in {where}");
            }
        }

        return new IngestException(file.Source, $"Expected the expressions for {file.Named} to be computed for every row, but one cannot be.");
    }

    /// <summary>The first row for which an expression fails, by halving.</summary>
    private long? FindFailing(string sql, string? filter, long start, long end)
    {
        if (start >= end || !Fails(sql, filter, start, end))
        {
            return null;
        }

        while (end - start > 1)
        {
            var middle = start + ((end - start) / 2);
            (start, end) = Fails(sql, filter, start, middle) ? (start, middle) : (middle, end);
        }

        return start;
    }

    private bool Fails(string sql, string? filter, long start, long end)
    {
        try
        {
            // Row by row from a table of its own, so that no row outside the range is computed.
            session.Execute(string.Create(CultureInfo.InvariantCulture, $"CREATE OR REPLACE TEMP TABLE probe_rows AS SELECT * FROM {Raw} WHERE rowid >= {start} AND rowid < {end}"));
            session.Execute($"DELETE FROM probe_rows WHERE NOT coalesce({filter ?? "true"}, false)");
            session.Query($"SELECT count(hash({sql})) FROM probe_rows");
            return false;
        }
        catch (DuckDBException)
        {
            return true;
        }
    }

    private IngestException BadValue(FileColumn column, long row, Func<string, string> found)
        => new(file.Source, $"Expected {column.Source} of {file.Named} to be {column.Expected} for {view}, but {found(Where(row))}.", column.Name, row + 1, LineOf(row));

    private string Where(long row)
    {
        var number = (row + 1).ToString(CultureInfo.InvariantCulture);
        return LineOf(row) is { } line ? $"row {number} (line {line.ToString(CultureInfo.InvariantCulture)})" : $"row {number}";
    }

    /// <summary>The line of a CSV row: one for the header, one per row before it, and those that lie within quotes.</summary>
    private long? LineOf(long row)
    {
        if (file.Rows?.LineColumn is { } column)
        {
            return session.QueryInt64(string.Create(CultureInfo.InvariantCulture, $"SELECT {Sql.Name(column)} FROM {Raw} WHERE rowid = {row}"));
        }

        if (!_isCsv)
        {
            return null;
        }

        var names = session.Query($"DESCRIBE {Raw}").Select(r => Sql.Name((string)r[0]!));
        var within = string.Join(" + ", names.Select(n => $"coalesce(length({n}) - length(replace({n}, chr(10), '')), 0)"));
        return 2 + row + session.QueryInt64(string.Create(CultureInfo.InvariantCulture, $"SELECT coalesce(sum({within}), 0)::BIGINT FROM {Raw} WHERE rowid < {row}"));
    }

    private static string WithArticle(string name) => $"{(name[0] == 'I' ? "an" : "a")} {name}";

    private static string Quoted(IEnumerable<string> names) => string.Join(", ", names.Select(n => $"'{n}'"));

    private static string FirstLine(DuckDBException e) => e.Message.Split('\n', 2)[0];

    [GeneratedRegex(@"CSV Error on Line: (\d+)")]
    private static partial Regex LineOf();

    [GeneratedRegex(@"Expected Number of Columns: (\d+) Found: (\d+)")]
    private static partial Regex ColumnsOf();
}
