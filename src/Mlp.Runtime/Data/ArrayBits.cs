using Apache.Arrow;
using Apache.Arrow.Types;

namespace Mlp.Runtime.Data;

/// <summary>Reads the bits of an array as another type of the same width: an integer as a time, and back.</summary>
internal static class ArrayBits
{
    /// <summary>The same bits as a type. The result shares memory with the array and takes its place: one of the two is disposed.</summary>
    /// <param name="array">The array.</param>
    /// <param name="type">A type of the same width.</param>
    public static IArrowArray As(IArrowArray array, IArrowType type)
    {
        var data = array.Data;
        return data.DataType.TypeId == type.TypeId && type is not (TimestampType or Time32Type or Time64Type or DurationType)
            ? array
            : ArrowArrayFactory.BuildArray(new ArrayData(type, data.Length, data.NullCount, data.Offset, data.Buffers));
    }
}
