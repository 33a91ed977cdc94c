using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using System.Runtime.Intrinsics;

namespace Mlp.Runtime.Kernels.Trees;

/// <summary>
/// Keys of float32: their bits, with those below the sign turned over for negative numbers, which orders them as integers. -0 is made 0 before, for both are equal.
/// </summary>
internal sealed class FloatKeys : ITreeKeys
{
    private const int Magnitude = int.MaxValue;

    /// <inheritdoc/>
    public int OfThreshold(int feature, double threshold) => Of((float)threshold);

    /// <summary>The key of a number that is not NaN.</summary>
    /// <param name="value">The number.</param>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static int Of(float value)
    {
        var bits = BitConverter.SingleToInt32Bits(value + 0f);
        return bits ^ ((bits >> 31) & Magnitude);
    }

    /// <inheritdoc/>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public void Write(KernelMemory memory, KernelValue source, int firstRow, ReadOnlySpan<KeyColumn> columns, Span<int> keys)
    {
        var values = memory.Of<float>(source);
        var rowCount = Math.Min(TreeTables.Lanes, memory.RowCount - firstRow);
        values = values.Slice(firstRow * source.Width, rowCount * source.Width);
        if (rowCount < TreeTables.Lanes)
        {
            WriteRows(values, source.Width, rowCount, columns, keys);
            return;
        }

        ref var first = ref MemoryMarshal.GetReference(values);
        var width = source.Width;
        for (var i = 0; i < columns.Length; i++)
        {
            ref var x = ref Unsafe.Add(ref first, columns[i].Feature);
            var numbers = Vector512.Create(
                Lanes(ref x, width), Lanes(ref Unsafe.Add(ref x, 8 * width), width));
            var bits = (numbers + Vector512<float>.Zero).AsInt32();
            var ordered = bits ^ ((bits >> 31) & Vector512.Create(Magnitude));
            var missing = Vector512.Create(columns[i].IsTrueForMissing ? ITreeKeys.Least : ITreeKeys.Greatest);
            Vector512.ConditionalSelect(Vector512.Equals(numbers, numbers).AsInt32(), ordered, missing).CopyTo(keys[(i * TreeTables.Lanes)..]);
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector256<float> Lanes(ref float x, int width) => Vector256.Create(
        x,
        Unsafe.Add(ref x, width),
        Unsafe.Add(ref x, 2 * width),
        Unsafe.Add(ref x, 3 * width),
        Unsafe.Add(ref x, 4 * width),
        Unsafe.Add(ref x, 5 * width),
        Unsafe.Add(ref x, 6 * width),
        Unsafe.Add(ref x, 7 * width));

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static void WriteRows(ReadOnlySpan<float> values, int width, int rowCount, ReadOnlySpan<KeyColumn> columns, Span<int> keys)
    {
        for (var row = 0; row < rowCount; row++)
        {
            for (var i = 0; i < columns.Length; i++)
            {
                var value = values[(row * width) + columns[i].Feature];
                keys[(i * TreeTables.Lanes) + row] = float.IsNaN(value)
                    ? columns[i].IsTrueForMissing ? ITreeKeys.Least : ITreeKeys.Greatest
                    : Of(value);
            }
        }

        for (var row = rowCount; row < TreeTables.Lanes; row++)
        {
            for (var i = 0; i < columns.Length; i++)
            {
                keys[(i * TreeTables.Lanes) + row] = keys[(i * TreeTables.Lanes) + rowCount - 1];
            }
        }
    }
}
