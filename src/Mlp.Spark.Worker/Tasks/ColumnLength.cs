using System.Runtime.InteropServices;
using Apache.Arrow;
using Apache.Arrow.Types;

namespace Mlp.Spark.Worker.Tasks;

/// <summary>How many bytes the values of a column take when they are sent: a slice of a long column is short.</summary>
internal static class ColumnLength
{
    /// <summary>The bytes of a column.</summary>
    /// <param name="data">The column.</param>
    public static long Of(ArrayData data) => Of(data, data.Offset, data.Length);

    private static long Of(ArrayData data, int offset, int length)
    {
        var validity = (length + 7L) / 8;
        return data.DataType switch
        {
            NullType => 0,
            BooleanType => 2 * validity,
            StringType or BinaryType => validity + OfOffsets<int>(data, offset, length, Narrow, out _, out var bytes) + bytes,
            LargeStringType or LargeBinaryType => validity + OfOffsets<long>(data, offset, length, static v => v, out _, out var bytes) + bytes,
            ListType or MapType => validity + OfOffsets<int>(data, offset, length, Narrow, out var first, out var values) + Of(data.Children[0], data.Children[0].Offset + (int)first, (int)values),
            StructType => validity + data.Children.Sum(child => Of(child, child.Offset + offset, length)),
            FixedWidthType fixedWidth => validity + ((long)length * (fixedWidth.BitWidth / 8)),
            _ => validity,
        };
    }

    private static long Narrow(int value) => value;

    private static long OfOffsets<T>(ArrayData data, int offset, int length, Func<T, long> widen, out long first, out long count)
        where T : unmanaged
    {
        (first, count) = (0, 0);
        var offsets = MemoryMarshal.Cast<byte, T>(data.Buffers[1].Span);
        if (length > 0)
        {
            first = widen(offsets[offset]);
            count = widen(offsets[offset + length]) - first;
        }

        return (length + 1L) * Marshal.SizeOf<T>();
    }
}
