using System.Buffers;
using System.Runtime.InteropServices;

namespace Mlp.Runtime.Statistics;

/// <summary>
/// Ascending order of doubles, which every metric here starts from: sums taken in sorted order do not depend on the order of the rows.
/// </summary>
/// <remarks>
/// Least-significant-digit radix sort over the IEEE 754 bits in eight digits of eight bits, after the usual change of sign bits that makes
/// the bit order the numeric order (Terdiman, "Radix Sort Revisited", 2000). A digit that is the same in all values costs no pass, so
/// values widened from float32 need five passes at most. O(n), stable, no comparison and so no misprediction. Below <see cref="Smallest"/>
/// values the library's introsort is faster and is used.
/// Ties: stay ties. Signed zeros: -0 becomes +0, so that the two are one value. NaN: must have been taken out before; they would be sorted
/// to the ends.
/// </remarks>
internal static class RadixSort
{
    /// <summary>The number of values from which the radix passes pay.</summary>
    internal const int Smallest = 512;

    private const int Digits = 8;
    private const int Radix = 256;
    private const ulong SignBit = 1UL << 63;

    /// <summary>Sorts in place, with scratch from the shared pool.</summary>
    /// <param name="values">Values without NaN.</param>
    internal static void Sort(Span<double> values)
    {
        if (values.Length < Smallest)
        {
            SortScalar(values);
            return;
        }

        var scratch = ArrayPool<double>.Shared.Rent(values.Length);
        Sort(values, scratch.AsSpan(0, values.Length));
        ArrayPool<double>.Shared.Return(scratch);
    }

    /// <summary>Sorts in place.</summary>
    /// <param name="values">Values without NaN.</param>
    /// <param name="scratch">As long as <paramref name="values"/>; its content is overwritten.</param>
    internal static void Sort(Span<double> values, Span<double> scratch)
    {
        var source = MemoryMarshal.Cast<double, ulong>(values);
        var target = MemoryMarshal.Cast<double, ulong>(scratch)[..source.Length];
        Span<int> counts = stackalloc int[Digits * Radix];
        counts.Clear();
        for (var i = 0; i < source.Length; i++)
        {
            var key = ToKey(values[i]);
            source[i] = key;
            for (var digit = 0; digit < Digits; digit++)
            {
                counts[(digit * Radix) + (int)((key >> (8 * digit)) & 0xFF)]++;
            }
        }

        var inTarget = false;
        for (var digit = 0; digit < Digits; digit++)
        {
            if (ScatterByDigit(inTarget ? target : source, inTarget ? source : target, counts.Slice(digit * Radix, Radix), 8 * digit))
            {
                inTarget = !inTarget;
            }
        }

        var sorted = inTarget ? target : source;
        for (var i = 0; i < sorted.Length; i++)
        {
            values[i] = FromKey(sorted[i]);
        }
    }

    /// <summary>The twin of <see cref="Sort(Span{double}, Span{double})"/> by the library's comparison sort.</summary>
    /// <param name="values">Values without NaN.</param>
    internal static void SortScalar(Span<double> values)
    {
        for (var i = 0; i < values.Length; i++)
        {
            values[i] += 0.0;
        }

        values.Sort();
    }

    private static bool ScatterByDigit(ReadOnlySpan<ulong> from, Span<ulong> to, Span<int> counts, int shift)
    {
        if (counts[(int)((from[0] >> shift) & 0xFF)] == from.Length)
        {
            return false;
        }

        var next = 0;
        for (var value = 0; value < Radix; value++)
        {
            (counts[value], next) = (next, next + counts[value]);
        }

        foreach (var key in from)
        {
            to[counts[(int)((key >> shift) & 0xFF)]++] = key;
        }

        return true;
    }

    private static ulong ToKey(double value)
    {
        var bits = BitConverter.DoubleToUInt64Bits(value + 0.0);
        return bits ^ ((ulong)((long)bits >> 63) | SignBit);
    }

    private static double FromKey(ulong key)
    {
        return BitConverter.UInt64BitsToDouble((key & SignBit) != 0 ? key ^ SignBit : ~key);
    }
}
