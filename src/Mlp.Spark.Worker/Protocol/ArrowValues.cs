using System.Runtime.InteropServices;
using Apache.Arrow;
using Apache.Arrow.Types;

namespace Mlp.Spark.Worker.Protocol;

/// <summary>Checks that the values of a batch are where its lengths and offsets say, so that no one reads beyond them. Types that Spark does not send are refused.</summary>
internal static class ArrowValues
{
    /// <summary>Checks a batch.</summary>
    /// <param name="batch">The batch, as it was read.</param>
    /// <exception cref="ProtocolException">Values are missing, or of a type that Spark does not send.</exception>
    public static void Check(RecordBatch batch)
    {
        if (batch.ColumnCount != batch.Schema.FieldsList.Count)
        {
            throw new ProtocolException(FormattableString.Invariant($"Expected {batch.Schema.FieldsList.Count} columns of a batch, but found {batch.ColumnCount}."));
        }

        for (var i = 0; i < batch.ColumnCount; i++)
        {
            var column = batch.Column(i).Data;
            if (column.Length != batch.Length)
            {
                throw new ProtocolException(FormattableString.Invariant($"Expected {batch.Length} rows in column '{batch.Schema.FieldsList[i].Name}' of a batch, but found {column.Length}."));
            }

            Check(column);
        }
    }

    private static void Check(ArrayData data)
    {
        if (data.Length > ProtocolLimits.BatchRows)
        {
            throw Missing(data);
        }

        if (data.DataType is not NullType)
        {
            CheckValidity(data);
        }

        switch (data.DataType)
        {
            case NullType:
                break;
            case BooleanType:
                Require(data, 1, (data.Length + 7L) / 8);
                break;
            case StringType or BinaryType:
                CheckOffsets32(data, data.Buffers[2].Length);
                break;
            case LargeStringType or LargeBinaryType:
                CheckOffsets64(data, data.Buffers[2].Length);
                break;
            case ListType or MapType:
                CheckOffsets32(data, Child(data, 0).Length);
                Check(data.Children[0]);
                break;
            case StructType record:
                CheckStruct(data, record);
                break;
            case FixedWidthType fixedWidth:
                Require(data, 1, (long)data.Length * (fixedWidth.BitWidth / 8));
                break;
            default:
                throw new ProtocolException($"Expected columns of types that Spark sends, but found Arrow type {data.DataType.Name}.");
        }
    }

    private static void CheckStruct(ArrayData data, StructType record)
    {
        for (var i = 0; i < record.Fields.Count; i++)
        {
            if (Child(data, i).Length < data.Length)
            {
                throw Missing(data);
            }

            Check(data.Children[i]);
        }
    }

    private static void CheckValidity(ArrayData data)
    {
        if (data.NullCount > data.Length)
        {
            throw Missing(data);
        }

        if (data.NullCount != 0 || data.Buffers[0].Length > 0)
        {
            Require(data, 0, (data.Length + 7L) / 8);
        }
    }

    private static void CheckOffsets32(ArrayData data, int end)
    {
        if (data.Length == 0)
        {
            return;
        }

        Require(data, 1, (data.Length + 1L) * sizeof(int));
        var last = 0;
        foreach (var offset in MemoryMarshal.Cast<byte, int>(data.Buffers[1].Span)[..(data.Length + 1)])
        {
            last = offset >= last ? offset : throw Missing(data);
        }

        if (last > end)
        {
            throw Missing(data);
        }
    }

    private static void CheckOffsets64(ArrayData data, int end)
    {
        if (data.Length == 0)
        {
            return;
        }

        Require(data, 1, (data.Length + 1L) * sizeof(long));
        var last = 0L;
        foreach (var offset in MemoryMarshal.Cast<byte, long>(data.Buffers[1].Span)[..(data.Length + 1)])
        {
            last = offset >= last ? offset : throw Missing(data);
        }

        if (last > end)
        {
            throw Missing(data);
        }
    }

    private static ArrayData Child(ArrayData data, int index) => data.Children is { } children && index < children.Length && children[index] is { } child ? child : throw Missing(data);

    private static void Require(ArrayData data, int buffer, long length)
    {
        if (data.Buffers[buffer].Length < length)
        {
            throw Missing(data);
        }
    }

    private static ProtocolException Missing(ArrayData data)
        => new(FormattableString.Invariant($"Expected the values of {data.Length} rows of Arrow type {data.DataType.Name}, but found fewer, or offsets that lead elsewhere."));
}
