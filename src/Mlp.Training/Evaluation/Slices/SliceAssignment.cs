using Apache.Arrow;
using Mlp.Runtime.Data;
using Mlp.Runtime.Statistics;
using Mlp.Training.Sampling;

namespace Mlp.Training.Evaluation.Slices;

/// <summary>Which rows lie in which parts.</summary>
internal sealed class SliceAssignment
{
    private const string Missing = "(missing)";
    private const string Other = "(other)";

    private readonly List<(string Name, int[] Rows)> _parts = [];

    /// <summary>The parts of all slices, in the order of the slices and then of their rows.</summary>
    public IReadOnlyList<(string Name, int[] Rows)> Parts => _parts;

    /// <summary>Rows that the filter lets through, ascending; null without a filter.</summary>
    public int[]? Passing { get; private set; }

    /// <summary>Reads the values that rows are parted by.</summary>
    /// <param name="set">The rows.</param>
    /// <param name="options">The slices and the filter.</param>
    /// <param name="cancellationToken">Ends reading.</param>
    /// <exception cref="TrainingDataException">A column is missing or cannot part rows, no row passes the filter, or none meets a condition.</exception>
    public static async Task<SliceAssignment> ReadAsync(ITrainingSet set, EvaluatorOptions options, CancellationToken cancellationToken)
    {
        var assignment = new SliceAssignment();
        if (options.Slices.Count == 0 && options.Filter is null)
        {
            return assignment;
        }

        var columns = options.Slices.Select(s => s.IsColumn ? Columns.IndexOf(set.Schema, s.Name) : -1).ToArray();
        var passing = new List<int>();
        var texts = options.Slices.Select(_ => new List<string?>()).ToArray();
        var numbers = options.Slices.Select(_ => new List<double>()).ToArray();
        var rowCount = 0;
        await RowValues.ReadAsync(set, Append, cancellationToken).ConfigureAwait(false);
        if (options.Filter is not null)
        {
            assignment.Passing = passing.Count > 0
                ? [.. passing]
                : throw new TrainingDataException(FormattableString.Invariant($"Expected rows that pass the filter, but none of {rowCount} rows does."));
        }

        var rows = assignment.Passing ?? [.. Enumerable.Range(0, rowCount)];
        for (var s = 0; s < options.Slices.Count; s++)
        {
            assignment.Add(options.Slices[s], texts[s], numbers[s], rows, options.MaximumSliceParts);
        }

        return assignment;

        void Append(RecordBatch batch)
        {
            for (var row = 0; row < batch.Length; row++)
            {
                if (options.Filter?.Invoke(new SliceRow(batch, row)) == true)
                {
                    passing.Add(rowCount + row);
                }
            }

            for (var s = 0; s < columns.Length; s++)
            {
                AppendValues(options.Slices[s], batch, columns[s], texts[s], numbers[s]);
            }

            rowCount += batch.Length;
        }
    }

    /// <summary>The same parts of some of the rows, by their places among these.</summary>
    /// <param name="rowNumbers">Numbers of the rows, ascending.</param>
    /// <param name="rowCount">All rows.</param>
    /// <exception cref="TrainingDataException">None of them passes the filter.</exception>
    public SliceAssignment Of(IReadOnlyList<int> rowNumbers, int rowCount)
    {
        if (rowNumbers.Count == rowCount)
        {
            return this;
        }

        var places = new int[rowCount];
        System.Array.Fill(places, -1);
        for (var i = 0; i < rowNumbers.Count; i++)
        {
            places[rowNumbers[i]] = i;
        }

        int[] PlacesOf(int[] rows) => [.. rows.Select(r => places[r]).Where(p => p >= 0)];
        var restricted = new SliceAssignment { Passing = Passing is null ? null : PlacesOf(Passing) };
        restricted._parts.AddRange(_parts.Select(p => (p.Name, PlacesOf(p.Rows))));
        return restricted.Passing is not []
            ? restricted
            : throw new TrainingDataException("Expected rows that pass the filter among those that were scored, but none does.");
    }

    private static void AppendValues(RowSlice slice, RecordBatch batch, int column, List<string?> texts, List<double> numbers)
    {
        for (var row = 0; row < batch.Length; row++)
        {
            if (slice.Condition is { } condition)
            {
                numbers.Add(condition(new SliceRow(batch, row)) ? 1 : 0);
            }
            else if (slice.Edges.Count > 0 || slice.QuantileCount > 0)
            {
                numbers.Add(SliceValue.NumberOf(batch.Column(column), row, slice.Name));
            }
            else
            {
                texts.Add(SliceValue.TextOf(batch.Column(column), row, slice.Name));
            }
        }
    }

    private void Add(RowSlice slice, List<string?> texts, List<double> numbers, int[] rows, int maximumParts)
    {
        if (slice.Condition is not null)
        {
            int[] meeting = [.. rows.Where(r => numbers[r] == 1)];
            _parts.Add(meeting.Length > 0
                ? (slice.Name, meeting)
                : throw new TrainingDataException(FormattableString.Invariant($"Expected rows in slice '{slice.Name}', but none of {rows.Length} rows meets its condition.")));
            return;
        }

        var edges = slice.QuantileCount > 0 ? Quantiles(numbers, rows, slice.QuantileCount) : slice.Edges;
        string NameOf(int row) => numbers.Count == 0 ? texts[row] ?? Missing : double.IsNaN(numbers[row]) ? Missing : NumberParts.NameOf(numbers[row], edges);

        var groups = rows.GroupBy(NameOf, StringComparer.Ordinal).OrderByDescending(g => g.Count()).ThenBy(g => g.Key, StringComparer.Ordinal).ToList();
        foreach (var group in groups.Take(maximumParts))
        {
            _parts.Add(($"{slice.Name}={group.Key}", [.. group]));
        }

        if (groups.Count > maximumParts)
        {
            _parts.Add(($"{slice.Name}={Other}", [.. groups.Skip(maximumParts).SelectMany(g => g).Order()]));
        }
    }

    // One edge less than parts, each once; without the smallest value, below which nothing lies.
    private static List<double> Quantiles(List<double> numbers, int[] rows, int count)
    {
        double[] ascending = [.. rows.Select(r => numbers[r]).Where(double.IsFinite).Order()];
        var edges = new List<double>();
        for (var i = 1; ascending.Length > 0 && i < count; i++)
        {
            var edge = QuantileEdges.Linear(ascending, (double)i / count);
            if (edge > (edges.Count == 0 ? ascending[0] : edges[^1]))
            {
                edges.Add(edge);
            }
        }

        return edges;
    }
}
