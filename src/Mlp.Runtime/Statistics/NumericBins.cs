using System.Numerics;

namespace Mlp.Runtime.Statistics;

/// <summary>The bins of a numeric profile, ready for search by float and by double. Immutable; safe for use by many threads.</summary>
/// <remarks>
/// Float32 values are compared with edges rounded to float32. A reference kept in float64 and a model fed with float32 then agree on the
/// values that matter: a value that sat on an edge before rounding sits on it after. Edges that rounding throws together move up to the
/// next float32, so that a frequent value keeps its bin.
/// </remarks>
internal sealed class NumericBins
{
    private const int BlockLength = 1024;

    private readonly double[] _edges;
    private readonly double[] _padded;
    private readonly float[] _singleEdges;
    private readonly float[] _singlePadded;

    /// <summary>Creates the bins.</summary>
    /// <param name="edges">Strictly ascending, without NaN.</param>
    internal NumericBins(ReadOnlySpan<double> edges)
    {
        _edges = edges.ToArray();
        _padded = BinSearch.Pad(edges);
        _singleEdges = RoundToSingle(edges);
        _singlePadded = BinSearch.Pad<float>(_singleEdges);
    }

    /// <summary>The index of the bin for missing values, the last one.</summary>
    internal int MissingBin => _edges.Length + 1;

    /// <summary>The bin of a value; NaN is missing.</summary>
    /// <param name="value">The value.</param>
    internal int IndexOf(double value) => double.IsNaN(value) ? MissingBin : BinSearch.IndexOf(value, _padded);

    /// <inheritdoc cref="IndexOf(double)"/>
    internal int IndexOf(float value) => float.IsNaN(value) ? MissingBin : BinSearch.IndexOf(value, _singlePadded);

    /// <summary>Adds a column to counts per bin.</summary>
    /// <param name="values">Shape (rows); NaN is missing.</param>
    /// <param name="isPresent">Shape (rows), or empty where all are present; false is missing, whatever the value.</param>
    /// <param name="counts">One slot per bin.</param>
    internal void Count(ReadOnlySpan<float> values, ReadOnlySpan<bool> isPresent, Span<long> counts)
        => CountBlocks(values, isPresent, _singleEdges, counts);

    /// <inheritdoc cref="Count(ReadOnlySpan{float}, ReadOnlySpan{bool}, Span{long})"/>
    internal void Count(ReadOnlySpan<double> values, ReadOnlySpan<bool> isPresent, Span<long> counts)
        => CountBlocks(values, isPresent, _edges, counts);

    /// <inheritdoc cref="Count(ReadOnlySpan{float}, ReadOnlySpan{bool}, Span{long})"/>
    internal void Count(ReadOnlySpan<long> values, ReadOnlySpan<bool> isPresent, Span<long> counts)
    {
        ThrowIfNotAligned(values.Length, isPresent);
        Span<double> wide = stackalloc double[BlockLength];
        for (var start = 0; start < values.Length; start += BlockLength)
        {
            var block = values.Slice(start, Math.Min(BlockLength, values.Length - start));
            for (var i = 0; i < block.Length; i++)
            {
                wide[i] = IsPresent(isPresent, start + i) ? block[i] : double.NaN;
            }

            BinSearch.Count<double>(wide[..block.Length], _edges, counts);
        }
    }

    private static void CountBlocks<T>(ReadOnlySpan<T> values, ReadOnlySpan<bool> isPresent, ReadOnlySpan<T> edges, Span<long> counts)
        where T : unmanaged, IBinaryFloatingPointIeee754<T>
    {
        ThrowIfNotAligned(values.Length, isPresent);
        Span<T> masked = stackalloc T[isPresent.IsEmpty ? 0 : BlockLength];
        for (var start = 0; start < values.Length; start += BlockLength)
        {
            var block = values.Slice(start, Math.Min(BlockLength, values.Length - start));
            if (isPresent.IsEmpty)
            {
                BinSearch.Count(block, edges, counts);
                continue;
            }

            for (var i = 0; i < block.Length; i++)
            {
                masked[i] = isPresent[start + i] ? block[i] : T.NaN;
            }

            BinSearch.Count<T>(masked[..block.Length], edges, counts);
        }
    }

    private static void ThrowIfNotAligned(int rowCount, ReadOnlySpan<bool> isPresent)
    {
        if (!isPresent.IsEmpty && isPresent.Length != rowCount)
        {
            throw new ArgumentException(
                $"Expected presence for {rowCount} rows, or none, but found it for {isPresent.Length}.",
                nameof(isPresent));
        }
    }

    private static bool IsPresent(ReadOnlySpan<bool> isPresent, int row) => isPresent.IsEmpty || isPresent[row];

    private static float[] RoundToSingle(ReadOnlySpan<double> edges)
    {
        var rounded = new float[edges.Length];
        for (var i = 0; i < rounded.Length; i++)
        {
            rounded[i] = (float)edges[i];
            if (i > 0 && rounded[i] <= rounded[i - 1])
            {
                rounded[i] = MathF.BitIncrement(rounded[i - 1]);
            }
        }

        return rounded;
    }
}
