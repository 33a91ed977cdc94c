using System.Numerics;
using System.Runtime.InteropServices;
using Mlp.Training.Distributed.Collectives;

namespace Mlp.Training.Tests.Distributed.Collectives;

/// <summary>Reductions value by value, in the order of ranks: what each backend must give to the bit in deterministic mode.</summary>
internal static class ScalarReference
{
    /// <summary>The reduced values.</summary>
    /// <param name="ranks">Values of each rank, by rank.</param>
    /// <param name="operation">How they are combined.</param>
    public static T[] Reduce<T>(T[][] ranks, ReduceOperation operation)
        where T : unmanaged => (T[])(object)(ranks switch
        {
            float[][] r => Fold(r, operation),
            double[][] r => Fold(r, operation),
            int[][] r => Fold(r, operation),
            long[][] r => Fold(r, operation),
            Half[][] r => Array.ConvertAll(Fold(Array.ConvertAll(r, v => Array.ConvertAll(v, x => (float)x)), operation), x => (Half)x),
            BFloat16[][] r => Array.ConvertAll(Fold(Array.ConvertAll(r, v => Array.ConvertAll(v, x => (float)x)), operation), x => (BFloat16)x),
            _ => throw new NotSupportedException(typeof(T).Name),
        });

    /// <summary>Values of a rank: numbers of many sizes, and of floating types now and then one that is none, infinite, zero with a sign or subnormal.</summary>
    /// <param name="seed">Says which.</param>
    /// <param name="count">How many.</param>
    public static T[] Values<T>(int seed, int count)
        where T : unmanaged
    {
        var random = new Random(seed);
        var bytes = new byte[count * Marshal.SizeOf<T>()];
        random.NextBytes(bytes);
        var values = MemoryMarshal.Cast<byte, T>(bytes).ToArray();
        if (typeof(T) == typeof(int) || typeof(T) == typeof(long) || typeof(T) == typeof(byte))
        {
            return values;
        }

        // Random bits are of any exponent; most values shall be of about the same size, so that sums depend on all ranks.
        return Array.ConvertAll(values, v => random.Next(8) == 0 ? v : Moderate<T>(random));
    }

    /// <summary>Whether values are the same to the bit, where NaN is NaN whatever its bits.</summary>
    public static bool AreSame<T>(ReadOnlySpan<T> one, ReadOnlySpan<T> other)
        where T : unmanaged
    {
        if (one.Length != other.Length)
        {
            return false;
        }

        for (var i = 0; i < one.Length; i++)
        {
            if (!one.Slice(i, 1).SequenceEqual(other.Slice(i, 1)) || !(IsNaN(one[i]) || MemoryMarshal.AsBytes(one.Slice(i, 1)).SequenceEqual(MemoryMarshal.AsBytes(other.Slice(i, 1)))))
            {
                return false;
            }
        }

        return true;
    }

    private static bool IsNaN<T>(T value) => value switch
    {
        float v => float.IsNaN(v),
        double v => double.IsNaN(v),
        Half v => Half.IsNaN(v),
        BFloat16 v => float.IsNaN((float)v),
        _ => false,
    };

    private static T Moderate<T>(Random random)
        where T : unmanaged
    {
        var value = (random.NextDouble() - 0.5) * Math.Pow(2, random.Next(-4, 5));
        object moderate = default(T) switch
        {
            float => (float)value,
            double => value,
            Half => (Half)value,
            _ => (BFloat16)(float)value,
        };
        return (T)moderate;
    }

    private static T[] Fold<T>(T[][] ranks, ReduceOperation operation)
        where T : INumber<T>
    {
        var result = (T[])ranks[0].Clone();
        for (var i = 0; i < result.Length; i++)
        {
            for (var rank = 1; rank < ranks.Length; rank++)
            {
                result[i] = operation switch
                {
                    ReduceOperation.Minimum => T.Min(result[i], ranks[rank][i]),
                    ReduceOperation.Maximum => T.Max(result[i], ranks[rank][i]),
                    ReduceOperation.Product => unchecked(result[i] * ranks[rank][i]),
                    _ => unchecked(result[i] + ranks[rank][i]),
                };
            }

            if (operation == ReduceOperation.Average)
            {
                result[i] /= T.CreateChecked(ranks.Length);
            }
        }

        return result;
    }
}
