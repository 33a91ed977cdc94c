using System.Globalization;
using DuckDB.NET.Data;
using Mlp.Features.Definitions;
using Mlp.Features.Interop;
using Mlp.Runtime.Data;

namespace Mlp.Features.Ingestion;

/// <summary>Finds the first value of a source that is not taken, and says where it stands and what is wrong with it.</summary>
/// <param name="view">The view.</param>
/// <param name="file">The source.</param>
/// <param name="session">Holds <see cref="FileStaging.Raw"/>.</param>
/// <param name="columns">The columns of the view.</param>
/// <param name="filter">Condition for the rows; null for all.</param>
internal sealed class FileRowCheck(FeatureViewDefinition view, SourceFile file, DuckDbSession session, IReadOnlyList<FileColumn> columns, string? filter)
{
    private const string Raw = FileStaging.Raw;

    /// <summary>Looks at all rows.</summary>
    /// <param name="kept">SQL of the rows that are kept, with their row ids as __source_row.</param>
    /// <exception cref="IngestException">A value cannot be read or computed, a vector has another length or a null element, a time is null or beyond <see cref="TimeRange"/>, or a row is too long.</exception>
    internal void Run(string kept)
    {
        var length = RowLength.Of(columns);
        var checks = columns.Select(c => FirstRow($"{c.IsWrong ?? "false"}{(c.IsTime ? $" OR NOT {TimeRange.Holds(c.Value)}" : string.Empty)}"))
            .Append(FirstRow(length is null ? "false" : string.Create(CultureInfo.InvariantCulture, $"{length} > {RowLength.Maximum}")));
        object?[] first;
        try
        {
            first = session.Query($"SELECT {string.Join(", ", checks)} FROM {kept}")[0];

            // Conversions within expressions fail as they are computed; what is not needed above is computed here.
            session.Query($"SELECT {string.Join(", ", columns.Select(c => $"count({c.Value})"))} FROM {kept}");
        }
        catch (DuckDBException)
        {
            throw Uncomputable();
        }

        var bad = columns.Zip(first).Where(p => p.Second is not null).OrderBy(p => (long)p.Second!).ToList();
        if (bad.Count > 0)
        {
            throw BadValue(bad[0].First, (long)bad[0].Second!);
        }

        if (first[^1] is long row)
        {
            throw TooLong(row, length!);
        }
    }

    private static string FirstRow(string condition) => $"min(__source_row) FILTER (WHERE {condition})";

    private IngestException BadValue(FileColumn column, long row)
    {
        var thing = file.Rows is null ? "text" : "value";
        return BadValue(
            column,
            row,
            column.IsOfAnotherKind is { } kind && Is(kind, row) ? (where => $"the value in {where} is {column.NotSuch}")
                : Is(column.IsBad ?? "false", row) ? (where => $"the {thing} in {where} is {column.NotSuch}{ElementOf(column, row)}")
                : column.Length > 1 ? (where => $"found {FoundVector(column, row)} in {where}")
                : Is($"{column.Value} IS NULL", row) ? (where => $"found none in {where}") : (where => $"the time in {where} lies beyond the years 1 to 9999"));
    }

    private IngestException BadValue(FileColumn column, long row, Func<string, string> found)
        => new(file.Source, $"Expected {column.Source} of {file.Named} to be {column.Expected} for {view}, but {found(Where(row))}.", column.Name, row + 1, LineOf(row));

    private IngestException TooLong(long row, string length)
    {
        var lengths = session.Query(string.Create(CultureInfo.InvariantCulture, $"SELECT {length}, {string.Join(", ", columns.Select(RowLength.LengthOf))} FROM {Raw} WHERE rowid = {row}"))[0]
            .Select(value => Convert.ToInt64(value, CultureInfo.InvariantCulture)).ToList();
        var longest = columns[lengths.IndexOf(lengths.Skip(1).Max(), 1) - 1];
        return new IngestException(
            file.Source,
            $"Expected {longest.Source} of {file.Named} to be part of {RowLength.Expected} for {view}, but found {RowLength.Found(lengths[0])} in {Where(row)}.",
            longest.Name,
            row + 1,
            LineOf(row));
    }

    private bool Is(string condition, long row) => session.QueryInt64(string.Create(CultureInfo.InvariantCulture, $"SELECT count(*) FROM {Raw} WHERE rowid = {row} AND ({condition})")) > 0;

    /// <summary>What a vector is that is not as long as its field, or lacks an element.</summary>
    private string FoundVector(FileColumn column, long row)
    {
        var found = session.Query(string.Create(CultureInfo.InvariantCulture, $"SELECT len({column.Value}), list_position(list_transform({column.Value}, lambda x: x IS NULL), true) FROM {Raw} WHERE rowid = {row}"))[0];
        var length = Convert.ToInt64(found[0], CultureInfo.InvariantCulture);
        return length == column.Length
            ? string.Create(CultureInfo.InvariantCulture, $"a null element (number {found[1]})")
            : string.Create(CultureInfo.InvariantCulture, $"one of {length}");
    }

    /// <summary>Which element of a text that stands for a vector cannot be read; empty for other texts.</summary>
    private string ElementOf(FileColumn column, long row)
        => column is { Length: > 1, Text: { } text } && (string?)session.Query(string.Create(CultureInfo.InvariantCulture, $"SELECT {text} FROM {Raw} WHERE rowid = {row}"))[0][0] is { } list
            && VectorText.FindBadElement(list, isJson: column.IsOfAnotherKind is not null) is { } element
            ? string.Create(CultureInfo.InvariantCulture, $" (element {element})")
            : string.Empty;

    private IngestException Uncomputable()
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
    private long? FindFailing(string sql, string? condition, long start, long end)
    {
        if (start >= end || !Fails(sql, condition, start, end))
        {
            return null;
        }

        while (end - start > 1)
        {
            var middle = start + ((end - start) / 2);
            (start, end) = Fails(sql, condition, start, middle) ? (start, middle) : (middle, end);
        }

        return start;
    }

    private bool Fails(string sql, string? condition, long start, long end)
    {
        try
        {
            // Row by row from a table of its own, so that no row outside the range is computed.
            session.Execute(string.Create(CultureInfo.InvariantCulture, $"CREATE OR REPLACE TEMP TABLE probe_rows AS SELECT * FROM {Raw} WHERE rowid >= {start} AND rowid < {end}"));
            session.Execute($"DELETE FROM probe_rows WHERE NOT coalesce({condition ?? "true"}, false)");
            session.Query($"SELECT count(hash({sql})) FROM probe_rows");
            return false;
        }
        catch (DuckDBException)
        {
            return true;
        }
    }

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

        if (file.Options is not CsvIngestOptions)
        {
            return null;
        }

        var within = CsvText.LineEndsWithin(session.Query($"DESCRIBE {Raw}").Select(r => (string)r[0]!));
        return 2 + row + session.QueryInt64(string.Create(CultureInfo.InvariantCulture, $"SELECT coalesce(sum({within}), 0)::BIGINT FROM {Raw} WHERE rowid < {row}"));
    }
}
