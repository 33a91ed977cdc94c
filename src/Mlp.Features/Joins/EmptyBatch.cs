using Apache.Arrow;
using Apache.Arrow.Types;

namespace Mlp.Features.Joins;

/// <summary>A batch without rows, where a stream would otherwise say nothing of its columns.</summary>
internal static class EmptyBatch
{
    internal static RecordBatch Of(Schema schema) => new(schema, schema.FieldsList.Select(field => ArrowArrayFactory.BuildArray(Data(field.DataType))), 0);

    private static ArrayData Data(IArrowType type)
    {
        if (type is FixedSizeListType vector)
        {
            return new ArrayData(type, 0, 0, 0, [ArrowBuffer.Empty], [Data(vector.ValueDataType)]);
        }

        ArrowBuffer[] buffers = type is StringType ? [ArrowBuffer.Empty, new ArrowBuffer(new byte[sizeof(int)]), ArrowBuffer.Empty] : [ArrowBuffer.Empty, ArrowBuffer.Empty];
        return new ArrayData(type, 0, 0, 0, buffers);
    }
}
