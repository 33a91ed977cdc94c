using System.IO.Hashing;
using System.Numerics;
using System.Text;
using Mlp.Runtime.Statistics.Sketches;

namespace Mlp.Runtime.Statistics.Profiles;

/// <summary>
/// Makes the sketches that a reference profile keeps of a column. They depend on the values, not on the order of the rows. Their room is bounded to about 8 KB a column, as they are stored with every model: half the bins and
/// fewer counters than a data profile has by default.
/// </summary>
internal static class ReferenceSketches
{
    private const int FrequentItemCapacity = 128;

    private static readonly DataProfileOptions ByValue = new() { MaximumBinCount = 1024, FrequentItemCapacity = FrequentItemCapacity };
    private static readonly DataProfileOptions ByRank = new() { QuantileSketch = QuantileSketchKind.Kll, FrequentItemCapacity = FrequentItemCapacity };

    /// <summary>Of numbers.</summary>
    /// <typeparam name="T">float or double.</typeparam>
    /// <param name="name">Of the column.</param>
    /// <param name="type">What it holds.</param>
    /// <param name="values">Shape (rows).</param>
    /// <param name="isPresent">Shape (rows), or empty where all are present.</param>
    /// <param name="ascending">The finite ones of them, ascending.</param>
    /// <param name="integers">The same as integers, shape (rows), or empty.</param>
    /// <param name="kind">How quantiles are kept.</param>
    internal static ColumnProfile OfNumbers<T>(
        string name, ProfileColumnType type, ReadOnlySpan<T> values, ReadOnlySpan<bool> isPresent, ReadOnlySpan<double> ascending, ReadOnlySpan<long> integers, QuantileSketchKind kind)
        where T : unmanaged, IBinaryFloatingPointIeee754<T>
    {
        var sketch = Begin(name, type, values.Length, isPresent.IsEmpty ? 0 : isPresent.Count(false), isCategorical: false, kind);
        Add(sketch, ascending, Present(integers, isPresent));
        Span<double> other = stackalloc double[1];
        for (var row = 0; row < values.Length; row++)
        {
            if ((isPresent.IsEmpty || isPresent[row]) && !T.IsFinite(values[row]))
            {
                other[0] = double.CreateTruncating(values[row]);
                sketch.AddNumbers(other, [], []);
            }
        }

        return new(sketch);
    }

    /// <summary>Of integers that are categories.</summary>
    /// <param name="name">Of the column.</param>
    /// <param name="values">Shape (rows).</param>
    /// <param name="isPresent">Shape (rows), or empty where all are present.</param>
    /// <param name="tally">Their counts.</param>
    /// <param name="kind">How quantiles are kept.</param>
    internal static ColumnProfile OfCodes(string name, ReadOnlySpan<long> values, ReadOnlySpan<bool> isPresent, CategoryTally tally, QuantileSketchKind kind)
    {
        var sketch = Begin(name, ProfileColumnType.Int64, tally.RowCount, tally.MissingCount, isCategorical: true, kind);
        var codes = Present(values, isPresent);
        var ascending = System.Array.ConvertAll(codes, code => (double)code);
        RadixSort.Sort(ascending);
        Add(sketch, ascending, codes);
        sketch.Items!.Merge(FrequentItems.Of(tally.Counts, FrequentItemCapacity));
        return new(sketch);
    }

    /// <summary>Of texts.</summary>
    /// <param name="name">Of the column.</param>
    /// <param name="tally">Their counts.</param>
    internal static ColumnProfile OfTexts(string name, CategoryTally tally)
    {
        var sketch = Begin(name, ProfileColumnType.String, tally.RowCount, tally.MissingCount, isCategorical: true, QuantileSketchKind.DDSketch);
        foreach (var text in tally.Counts.Keys)
        {
            sketch.Distinct!.AddHash(XxHash3.HashToUInt64(Encoding.UTF8.GetBytes(text)));
        }

        sketch.Items!.Merge(FrequentItems.Of(tally.Counts, FrequentItemCapacity));
        return new(sketch);
    }

    private static ColumnSketch Begin(string name, ProfileColumnType type, long rowCount, long nullCount, bool isCategorical, QuantileSketchKind kind)
        => new(name, type, isCategorical, kind == QuantileSketchKind.Kll ? ByRank : ByValue) { Rows = new(rowCount, rowCount), Nulls = new(nullCount, nullCount) };

    private static long[] Present(ReadOnlySpan<long> values, ReadOnlySpan<bool> isPresent)
    {
        var present = new List<long>(values.Length);
        for (var row = 0; row < values.Length; row++)
        {
            if (isPresent.IsEmpty || isPresent[row])
            {
                present.Add(values[row]);
            }
        }

        return [.. present];
    }

    private static void Add(ColumnSketch sketch, ReadOnlySpan<double> ascending, ReadOnlySpan<long> integers)
    {
        for (var start = 0; start < ascending.Length; start += ColumnSketch.BlockLength)
        {
            var length = Math.Min(ColumnSketch.BlockLength, ascending.Length - start);
            sketch.AddNumbers(ascending.Slice(start, length), integers.IsEmpty ? [] : integers.Slice(start, length), []);
        }
    }
}
