using System.Numerics;
using System.Runtime.Intrinsics;

namespace Mlp.Runtime.Statistics;

/// <summary>Finds bins among ascending edges without branches.</summary>
/// <remarks>
/// E edges make E + 1 value bins: bin 0 is (−∞, e_0), bin b is [e_{b−1}, e_b), the last is [e_{E−1}, +∞]. A value equal to an edge goes to
/// the upper bin. So the bin is the number of edges that are not above the value, which a vector comparison counts; a binary search over
/// ten bins mispredicts about once a value. Infinities are values. NaN is missing: it has its own bin E + 1.
/// </remarks>
internal static class BinSearch
{
    /// <summary>Copies edges and fills up to whole vectors with NaN, which no value reaches.</summary>
    /// <typeparam name="T">float or double.</typeparam>
    /// <param name="edges">Ascending edges.</param>
    internal static T[] Pad<T>(ReadOnlySpan<T> edges)
        where T : unmanaged, IBinaryFloatingPointIeee754<T>
    {
        var width = Vector512<T>.Count;
        var padded = new T[(edges.Length + width - 1) / width * width];
        edges.CopyTo(padded);
        padded.AsSpan(edges.Length).Fill(T.NaN);
        return padded;
    }

    /// <summary>The value bin of one value; 0 for NaN.</summary>
    /// <typeparam name="T">float or double.</typeparam>
    /// <param name="value">The value.</param>
    /// <param name="paddedEdges">What <see cref="Pad"/> returned.</param>
    internal static int IndexOf<T>(T value, ReadOnlySpan<T> paddedEdges)
        where T : unmanaged, IBinaryFloatingPointIeee754<T>
    {
        var values = Vector512.Create(value);
        var bin = 0;
        for (; !paddedEdges.IsEmpty; paddedEdges = paddedEdges[Vector512<T>.Count..])
        {
            bin += BitOperations.PopCount(Vector512.GreaterThanOrEqual(values, Vector512.Create(paddedEdges)).ExtractMostSignificantBits());
        }

        return bin;
    }

    /// <summary>The scalar twin of <see cref="IndexOf"/>.</summary>
    /// <typeparam name="T">float or double.</typeparam>
    /// <param name="value">The value.</param>
    /// <param name="edges">Ascending edges, padded or not.</param>
    internal static int IndexOfScalar<T>(T value, ReadOnlySpan<T> edges)
        where T : unmanaged, IBinaryFloatingPointIeee754<T>
    {
        var bin = 0;
        foreach (var edge in edges)
        {
            bin += value >= edge ? 1 : 0;
        }

        return bin;
    }

    /// <summary>Adds many values to the counts of their bins.</summary>
    /// <remarks>
    /// Counts for each edge how many values reach it; bins are the differences. No value is stored to, so equal values in a row do not wait
    /// for each other.
    /// </remarks>
    /// <typeparam name="T">float or double.</typeparam>
    /// <param name="values">Any values; a block that fits the first-level cache is fastest.</param>
    /// <param name="edges">Ascending edges, not padded.</param>
    /// <param name="counts">One slot per value bin, and one for NaN at the end.</param>
    internal static void Count<T>(ReadOnlySpan<T> values, ReadOnlySpan<T> edges, Span<long> counts)
        where T : unmanaged, IBinaryFloatingPointIeee754<T>
    {
        // Every number reaches −∞, and NaN reaches nothing.
        long reached = CountAtLeast(values, T.NegativeInfinity);
        counts[edges.Length + 1] += values.Length - reached;
        for (var b = 0; b < edges.Length; b++)
        {
            long next = CountAtLeast(values, edges[b]);
            counts[b] += reached - next;
            reached = next;
        }

        counts[edges.Length] += reached;
    }

    /// <summary>The scalar twin of <see cref="Count"/>.</summary>
    /// <typeparam name="T">float or double.</typeparam>
    /// <param name="values">Any values.</param>
    /// <param name="edges">Ascending edges.</param>
    /// <param name="counts">One slot per value bin, and one for NaN at the end.</param>
    internal static void CountScalar<T>(ReadOnlySpan<T> values, ReadOnlySpan<T> edges, Span<long> counts)
        where T : unmanaged, IBinaryFloatingPointIeee754<T>
    {
        foreach (var value in values)
        {
            counts[T.IsNaN(value) ? edges.Length + 1 : IndexOfScalar(value, edges)]++;
        }
    }

    private static int CountAtLeast<T>(ReadOnlySpan<T> values, T limit)
        where T : unmanaged, IBinaryFloatingPointIeee754<T>
    {
        var limits = Vector512.Create(limit);
        var count = 0;
        for (; values.Length >= Vector512<T>.Count; values = values[Vector512<T>.Count..])
        {
            count += BitOperations.PopCount(Vector512.GreaterThanOrEqual(Vector512.Create(values), limits).ExtractMostSignificantBits());
        }

        foreach (var value in values)
        {
            count += value >= limit ? 1 : 0;
        }

        return count;
    }
}
