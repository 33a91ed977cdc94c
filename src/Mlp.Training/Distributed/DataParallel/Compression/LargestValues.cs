namespace Mlp.Training.Distributed.DataParallel.Compression;

/// <summary>
/// Finds the values of the largest magnitude, exactly and without sorting: magnitudes of floats are in the order of their bits, which are counted 11, 10 and 10 at a time from the upper end. What is no number counts as larger than all that are. Not thread-safe.
/// </summary>
internal sealed class LargestValues
{
    private const uint Magnitude = 0x7FFF_FFFF;
    private static readonly (int Shift, int Bits)[] Digits = [(20, 11), (10, 10), (0, 10)];
    private readonly int[] _counts = new int[1 << 11];

    /// <summary>Packs the largest values and their places, and takes them out.</summary>
    /// <param name="values">Values; those that are packed become 0.</param>
    /// <param name="packed">Receives pairs of a place and the bits of a value, ascending by place; half as many values as it has room for. Of equal ones the first are taken.</param>
    public void Take(Span<float> values, Span<int> packed)
    {
        var (count, equal) = (packed.Length / 2, 0);
        var threshold = FindThreshold(values, count, ref equal);
        var at = 0;
        for (var i = 0; i < values.Length && at < packed.Length; i++)
        {
            var bits = BitConverter.SingleToUInt32Bits(values[i]) & Magnitude;
            if (bits > threshold || (bits == threshold && equal-- > 0))
            {
                (packed[at], packed[at + 1]) = (i, BitConverter.SingleToInt32Bits(values[i]));
                values[i] = 0;
                at += 2;
            }
        }
    }

    // The magnitude of the last value that is taken, and how many of that magnitude are.
    private uint FindThreshold(ReadOnlySpan<float> values, int count, ref int equal)
    {
        var (prefix, left) = (0u, count);
        foreach (var (shift, bits) in Digits)
        {
            var counts = _counts.AsSpan(0, 1 << bits);
            counts.Clear();
            foreach (var value in values)
            {
                var magnitude = BitConverter.SingleToUInt32Bits(value) & Magnitude;
                if (magnitude >> (shift + bits) == prefix)
                {
                    counts[(int)(magnitude >> shift) & (counts.Length - 1)]++;
                }
            }

            var digit = counts.Length - 1;
            for (; counts[digit] < left; digit--)
            {
                left -= counts[digit];
            }

            prefix = (prefix << bits) | (uint)digit;
        }

        equal = left;
        return prefix;
    }
}
