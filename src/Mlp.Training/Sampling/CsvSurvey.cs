using System.Globalization;
using DuckDB.NET.Data;
using Mlp.Runtime;
using Mlp.Runtime.Data;

namespace Mlp.Training.Sampling;

/// <summary>Reads CSV files once to find the type of each column, and the first text that does not fit. Not thread-safe.</summary>
/// <param name="session">Reads the files.</param>
/// <param name="files">The files.</param>
internal sealed class CsvSurvey(DuckDbSession session, IReadOnlyList<CsvText> files)
{
    /// <summary>The type of each column.</summary>
    /// <exception cref="TrainingDataException">A text does not fit.</exception>
    /// <exception cref="CorruptFileException">A file is no CSV.</exception>
    public List<string> FindTypes(IReadOnlyList<CsvColumn> columns, CancellationToken cancellationToken)
    {
        var counts = columns.Select(c => new long[c.Candidates.Count]).ToList();
        foreach (var file in files)
        {
            cancellationToken.ThrowIfCancellationRequested();
            Count(file, columns, counts);
        }

        return [.. columns.Select((column, i) =>
        {
            var fitting = System.Array.IndexOf(counts[i], 0);
            return fitting >= 0 ? column.Candidates[fitting] : throw Misfit(column, Nearest(column, counts[i]));
        })];
    }

    /// <summary>What is wrong with a file that DuckDB could not read.</summary>
    public static CorruptFileException Unreadable(string path, DuckDBException cause)
    {
        // The cause holds values.
        var fault = CsvText.Unreadable(path, cause.Message);
        return new CorruptFileException(path, fault.Sentence);
    }

    // What most of the texts are is what was meant.
    private static string Nearest(CsvColumn column, long[] counts) => column.Candidates[System.Array.IndexOf(counts, counts.Min())];

    private void Count(CsvText file, IReadOnlyList<CsvColumn> columns, List<long[]> counts)
    {
        var sql = columns.SelectMany(c => c.Candidates.Select(type => $"count(*) FILTER (WHERE {c.IsBad(type)})"));
        try
        {
            var found = session.Query($"SELECT {string.Join(", ", sql.Append("count(*)"))} FROM {file.Relation}")[0];
            var next = 0;
            foreach (var count in counts)
            {
                for (var i = 0; i < count.Length; i++)
                {
                    count[i] += Convert.ToInt64(found[next++], CultureInfo.InvariantCulture);
                }
            }
        }
        catch (DuckDBException e)
        {
            throw Unreadable(file.Path, e);
        }
    }

    private TrainingDataException Misfit(CsvColumn column, string type)
    {
        long before = 0;
        foreach (var file in files)
        {
            var rows = file.NumberedRelation;
            if (session.Query($"SELECT min(__row_number) FROM {rows} WHERE {column.IsBad(type)}")[0][0] is long row)
            {
                var within = session.QueryInt64(string.Create(
                    CultureInfo.InvariantCulture, $"SELECT coalesce(sum({CsvText.LineEndsWithin(file.Names)}), 0)::BIGINT FROM {rows} WHERE __row_number < {row}"));
                return new TrainingDataException(
                    FormattableString.Invariant(
                        $"Expected {column.Expected(type)} in column '{column.Name}' of '{file.Path}', but line {1 + row + within} holds another text. If it stands for no value, say so: {nameof(CsvOptions)}.{nameof(CsvOptions.NullText)}."),
                    column.Name,
                    before + row - 1);
            }

            before += session.QueryInt64($"SELECT count(*) FROM {file.Relation}");
        }

        throw new InvalidOperationException($"Expected a text that is no {type} in column '{column.Name}', but found none: the files changed while they were read.");
    }
}
