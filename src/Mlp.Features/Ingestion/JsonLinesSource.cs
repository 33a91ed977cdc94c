using System.Globalization;
using System.Text.Json;
using Mlp.Features.Interop;
using Mlp.Runtime.Data;

namespace Mlp.Features.Ingestion;

/// <summary>
/// A file of JSON lines. It is read twice: for the names of its members, then for the rows. Numbers stay the text that they are in the file until SQL makes the column's type of them, so that none goes through a double.
/// </summary>
/// <param name="path">Full path.</param>
/// <param name="neededColumns">The columns that a file without rows has.</param>
internal sealed class JsonLinesSource(string path, IEnumerable<string> neededColumns) : RowSource
{
    private const string Line = "__mlp_line";
    private const string Kinds = "__mlp_kinds";

    private readonly JsonColumnNames _names = new();

    internal override string Named => $"'{path}'";

    internal override string? LineColumn => Line;

    internal override IReadOnlyList<string> HiddenColumns => [Line, Kinds];

    internal override bool IsText(string column) => true;

    internal override string? IsOfAnotherKind(string column, string target)
    {
        var index = _names.Names.ToList().FindIndex(name => string.Equals(name, column, StringComparison.OrdinalIgnoreCase));
        if (index < 0)
        {
            return null;
        }

        var kind = string.Create(CultureInfo.InvariantCulture, $"substr({Sql.Name(Kinds)}, {index + 1}, 1)");
        return target switch
        {
            "BIGINT" => $"{kind} NOT IN ('{JsonRowBuilder.Number}', '{JsonRowBuilder.Null}')",

            // JSON has no such numbers; most writers put their names into strings.
            "FLOAT" or "DOUBLE" => $"{kind} NOT IN ('{JsonRowBuilder.Number}', '{JsonRowBuilder.Null}') AND NOT ({kind} = '{JsonRowBuilder.Text}' AND {Sql.Name(column)} IN ('NaN', 'Infinity', '-Infinity'))",
            Sql.VectorType => $"{kind} NOT IN ('{JsonRowBuilder.List}', '{JsonRowBuilder.Null}')",
            "BOOLEAN" => $"{kind} NOT IN ('{JsonRowBuilder.Boolean}', '{JsonRowBuilder.Null}')",
            _ => $"{kind} NOT IN ('{JsonRowBuilder.Text}', '{JsonRowBuilder.Null}')",
        };
    }

    internal override ValueTask LoadAsync(DuckDbSession session, string table, CancellationToken cancellationToken)
    {
        Load(session, table, cancellationToken);
        return ValueTask.CompletedTask;
    }

    private void Load(DuckDbSession session, string table, CancellationToken cancellationToken)
    {
        var rows = ReadNames(cancellationToken);
        var columns = rows == 0 ? neededColumns.Distinct(StringComparer.OrdinalIgnoreCase) : _names.Names;
        session.Execute($"CREATE TEMP TABLE {Sql.Name(table)} ({string.Concat(columns.Select(name => $"{Sql.Name(name)} VARCHAR, "))}{Line} BIGINT, {Kinds} VARCHAR)", cancellationToken);
        if (rows > 0)
        {
            Append(session, table, cancellationToken);
        }
    }

    private long ReadNames(CancellationToken cancellationToken)
    {
        using var reader = new JsonLineReader(path);
        var rows = 0L;
        var names = _names;
        while (reader.TryRead(out var line))
        {
            cancellationToken.ThrowIfCancellationRequested();
            rows++;
            try
            {
                JsonLine.Read(line, ref names);
            }
            catch (Exception e) when (e is JsonException or InvalidOperationException)
            {
                throw Malformed(reader.Line, rows);
            }

            if (names.Ambiguous is { } name)
            {
                throw new IngestException(path, $"Expected the member names of {Named} to be unique without regard to case, but '{name}' in line {reader.Line} stands in the file in another case too.", name, rows, reader.Line);
            }

            if (names.AreTooMany)
            {
                throw new IngestException(path, $"Expected at most {JsonColumnNames.MaximumCount} member names in {Named}, but found more by line {reader.Line}.", line: reader.Line);
            }

            if (HiddenColumns.Any(hidden => names.Names.Contains(hidden, StringComparer.OrdinalIgnoreCase)))
            {
                throw new IngestException(path, $"Expected the member names of {Named} to leave '{Line}' and '{Kinds}' to the platform, but line {reader.Line} has one.", line: reader.Line);
            }
        }

        return rows;
    }

    private void Append(DuckDbSession session, string table, CancellationToken cancellationToken)
    {
        var builder = new JsonRowBuilder(_names, Line, Kinds);
        using var reader = new JsonLineReader(path);
        using var appender = session.CreateAppender(table, builder.Schema);
        var row = 0L;
        while (reader.TryRead(out var line))
        {
            cancellationToken.ThrowIfCancellationRequested();
            row++;
            try
            {
                builder.Add(line, reader.Line);
            }
            catch (JsonException)
            {
                throw Malformed(reader.Line, row);
            }

            if (builder.Repeated is { } name)
            {
                throw new IngestException(path, $"Expected every member once in each line of {Named}, but found '{name}' twice in line {reader.Line}.", name, row, reader.Line);
            }

            if (builder.HasChanged)
            {
                throw new IngestException(path, $"Expected {Named} to stay as it is while it is read, but line {reader.Line} has changed.", row: row, line: reader.Line);
            }

            if (builder.IsFull)
            {
                appender.Append(builder.Build());
            }
        }

        if (!builder.IsEmpty)
        {
            appender.Append(builder.Build());
        }

        appender.Close();
    }

    private IngestException Malformed(long line, long row)
        => new(path, $"Expected one JSON object in every line of {Named} (UTF-8), but found something else in line {line}.", row: row, line: line);
}
