using Mlp.Runtime.Data;
using Mlp.Training.Preprocessing;
using Mlp.Training.Trees.Interop;

namespace Mlp.Training.Trees;

/// <summary>
/// How features become columns of trees: numbers as they are, NaN where they are not present; texts, and integers that are codes, as the number of their value in one list of all
/// texts, or of all codes, that training rows have shown. A value outside the list counts as missing. Immutable and thread-safe.
/// </summary>
internal sealed class TreeEncoding
{
    private readonly Dictionary<string, int> _textCodes;
    private readonly Dictionary<long, int> _integerCodes;

    private TreeEncoding(FeatureRowLayout layout, IReadOnlyList<TreeColumn> columns, IReadOnlyList<string> texts, IReadOnlyList<long> integers)
    {
        (Layout, Columns, Texts, Integers) = (layout, columns, texts, integers);
        _textCodes = texts.Select((t, i) => (t, i)).ToDictionary(p => p.t, p => p.i, StringComparer.Ordinal);
        _integerCodes = integers.Select((v, i) => (v, i)).ToDictionary(p => p.v, p => p.i);
    }

    public FeatureRowLayout Layout { get; }

    /// <summary>By type (float32, float64, int64, boolean; then texts, then codes) and in the service's order within a type; each element of a vector is one.</summary>
    public IReadOnlyList<TreeColumn> Columns { get; }

    /// <summary>The texts by their numbers.</summary>
    public IReadOnlyList<string> Texts { get; }

    /// <summary>The codes by their numbers.</summary>
    public IReadOnlyList<long> Integers { get; }

    /// <summary>Columns that are categories.</summary>
    public IEnumerable<int> CategoryColumns => Enumerable.Range(0, Columns.Count).Where(i => Columns[i].IsCategory);

    /// <summary>Whether a feature is a category.</summary>
    /// <param name="feature">Its index.</param>
    public bool IsCategory(int feature) => Columns.Any(c => c.Index == feature && c.IsCategory);

    /// <summary>Learns from the first rows of a table.</summary>
    /// <param name="table">Rows.</param>
    /// <param name="rowCount">How many of them to learn from.</param>
    /// <param name="options">Settings.</param>
    /// <exception cref="TrainingDataException">A column has no value in those rows.</exception>
    /// <exception cref="ArgumentException">A feature that the settings name does not exist or is of a type that they cannot mean.</exception>
    public static TreeEncoding Learn(FeatureTable table, int rowCount, TreeOptions options)
    {
        var codes = TreeFeatureNames.Codes(table.Layout, options);
        TreeFeatureNames.ThrowIfUnknown(table.Layout, options);
        var columns = new List<TreeColumn>();
        foreach (var i in Enumerable.Range(0, table.Columns.Count).OrderBy(i => (codes.Contains(i), table.Columns[i].Feature.Type)))
        {
            RequireValues(table.Columns[i], rowCount);
            var feature = table.Columns[i].Feature;
            columns.AddRange(Enumerable.Range(0, table.Columns[i].ElementCount).Select(e => new TreeColumn(i, e, feature, feature.Type == FeatureType.String || codes.Contains(i))));
        }

        var texts = new List<string>();
        var integers = new List<long>();
        foreach (var column in columns.Where(c => c.IsCategory))
        {
            if (table.Columns[column.Index] is TextColumn text)
            {
                texts.AddRange(Frequent(text.Codes[..rowCount], text, options.MaximumCategories, code => text.Texts[code], StringComparer.Ordinal).Except(texts));
            }
            else
            {
                var numbers = (NumberColumn<long>)table.Columns[column.Index];
                integers.AddRange(Frequent(numbers.Values[..rowCount], numbers, options.MaximumCategories, value => value, Comparer<long>.Default).Except(integers));
            }
        }

        return new(table.Layout, columns, texts, integers);
    }

    /// <summary>A run of rows as columns for LightGBM. Numbers stay where the table has them.</summary>
    /// <param name="table">Rows of the same features.</param>
    /// <param name="first">The first row.</param>
    /// <param name="count">Number of rows.</param>
    public ArrowColumns ToColumns(FeatureTable table, int first, int count)
    {
        var columns = new ArrowColumns(count);
        foreach (var column in Columns)
        {
            switch (table.Columns[column.Index])
            {
                case NumberColumn<float> single:
                    columns.Add(() => single.Values, first);
                    break;
                case NumberColumn<double> wide:
                    columns.Add(() => wide.Values, first);
                    break;
                case NumberColumn<long> integer when !column.IsCategory:
                    columns.Add(() => integer.Values, first, Validity(integer, first, count));
                    break;
                default:
                    columns.Add<float>(Copy(table, column, first, count));
                    break;
            }
        }

        return columns;
    }

    /// <summary>A run of rows, row by row.</summary>
    /// <param name="table">Rows of the same features.</param>
    /// <param name="first">The first row.</param>
    /// <param name="count">Number of rows.</param>
    /// <param name="destination">Shape (count, columns), row-major; overwritten.</param>
    public void Write(FeatureTable table, int first, int count, Span<double> destination)
    {
        for (var i = 0; i < Columns.Count; i++)
        {
            var read = Reader(table.Columns[Columns[i].Index], Columns[i]);
            for (var row = 0; row < count; row++)
            {
                destination[(row * Columns.Count) + i] = read(first + row);
            }
        }
    }

    private static void RequireValues(TableColumn column, int rowCount)
    {
        if (!(column is TextColumn ? column.Statuses[..rowCount].Contains(FeatureStatus.Present) : HasNumber(column, rowCount)))
        {
            throw new TrainingDataException(
                $"Expected a value of feature '{column.Feature.Name}' in at least one training row, but it is missing in all {rowCount}: leave the feature out.", column.Feature.Name);
        }
    }

    // NaN is no number, though it is present.
    private static bool HasNumber(TableColumn column, int rowCount)
    {
        for (var element = 0; element < column.ElementCount; element++)
        {
            var numbers = column.SourceOf(element);
            for (var row = 0; row < rowCount; row++)
            {
                if (!double.IsNaN(numbers.NumberAt(row)))
                {
                    return true;
                }
            }
        }

        return false;
    }

    private static List<TValue> Frequent<T, TValue>(ReadOnlySpan<T> values, TableColumn column, int maximum, Func<T, TValue> valueOf, IComparer<TValue> order)
        where T : notnull
    {
        var counts = new Dictionary<T, int>();
        for (var row = 0; row < values.Length; row++)
        {
            if (column.IsPresent(row))
            {
                counts[values[row]] = counts.GetValueOrDefault(values[row]) + 1;
            }
        }

        return [.. counts.Select(c => (Value: valueOf(c.Key), c.Value)).OrderByDescending(c => c.Item2).ThenBy(c => c.Value, order).Take(maximum).Select(c => c.Value)];
    }

    private static byte[]? Validity(TableColumn column, int first, int count)
    {
        byte[]? bits = null;
        for (var row = 0; row < count; row++)
        {
            if (!column.IsPresent(first + row))
            {
                if (bits is null)
                {
                    bits = new byte[(count + 7) / 8];
                    bits.AsSpan().Fill(0xff);
                }

                bits[row / 8] &= (byte)~(1 << (row % 8));
            }
        }

        return bits;
    }

    // Truth values, elements of vectors and categories have no column of numbers in the table.
    private float[] Copy(FeatureTable table, TreeColumn column, int first, int count)
    {
        var copy = new float[count];
        var read = Reader(table.Columns[column.Index], column);
        for (var row = 0; row < count; row++)
        {
            copy[row] = (float)read(first + row);
        }

        return copy;
    }

    private Func<int, double> Reader(TableColumn column, TreeColumn kind)
    {
        if (column is TextColumn text)
        {
            double[] codes = [.. text.Texts.Select(t => _textCodes.TryGetValue(t, out var code) ? code : double.NaN)];
            return row => text.IsPresent(row) ? codes[text.Codes[row]] : double.NaN;
        }

        if (kind.IsCategory)
        {
            var numbers = (NumberColumn<long>)column;
            return row => numbers.IsPresent(row) && _integerCodes.TryGetValue(numbers.Values[row], out var code) ? code : double.NaN;
        }

        var source = column.SourceOf(kind.Element);
        return source.NumberAt;
    }
}
