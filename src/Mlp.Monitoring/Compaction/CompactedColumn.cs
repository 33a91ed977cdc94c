using Apache.Arrow;
using Apache.Arrow.Arrays;
using Apache.Arrow.Types;
using Mlp.Runtime.Data;

namespace Mlp.Monitoring.Compaction;

/// <summary>
/// How a column of a prediction log lies in Parquet: as itself, but for tags, which may name a key twice and are therefore lists of pairs, vectors, which are lists, and byte strings of one length, which
/// are byte strings.
/// </summary>
/// <param name="field">The column.</param>
internal sealed class CompactedColumn(Field field)
{
    /// <summary>The column as it lies in DuckDB.</summary>
    public Field Stored { get; } = new(field.Name, StoredTypeOf(field.DataType), nullable: true);

    /// <summary>The type of the column in SQL.</summary>
    public string SqlType { get; } = field.DataType switch
    {
        BooleanType => "BOOLEAN",
        Int32Type => "INTEGER",
        Int64Type => "BIGINT",
        UInt8Type => "UTINYINT",
        FloatType => "FLOAT",
        DoubleType => "DOUBLE",
        StringType => "VARCHAR",
        TimestampType => "TIMESTAMPTZ",
        BinaryType or FixedSizeBinaryType => "BLOB",
        MapType => "STRUCT(\"key\" VARCHAR, \"value\" VARCHAR)[]",
        FixedSizeListType => "FLOAT[]",
        ListType => "DOUBLE[]",
        _ => throw new NotSupportedException($"Column '{field.Name}' has type {field.DataType.Name}, which a prediction log does not have."),
    };

    /// <summary>The values as they are stored; shares memory with the array.</summary>
    /// <param name="array">The values as they are logged.</param>
    public IArrowArray ToStored(IArrowArray array) => array switch
    {
        FixedSizeListArray vectors => VectorColumn.ToLists(vectors),
        FixedSizeBinaryArray bytes => ToBinary(bytes),
        MapArray map => ArrowArrayFactory.BuildArray(new ArrayData(Stored.DataType, map.Length, map.NullCount, map.Offset, map.Data.Buffers, [PairsAs(((ListType)Stored.DataType).ValueDataType, map.Data.Children[0])])),
        _ => array,
    };

    /// <summary>The values as they were logged; shares memory with the array or copies it.</summary>
    /// <param name="array">The values as they are stored.</param>
    /// <param name="path">The file that they come from, for messages.</param>
    /// <exception cref="Runtime.CorruptFileException">A value does not have the length that the column says.</exception>
    public IArrowArray FromStored(IArrowArray array, string path)
    {
        var data = array.Data;
        return field.DataType switch
        {
            FixedSizeListType vector => VectorColumn.TryCreate(array)!.ToFixedSize(vector.ListSize, (expected, found, _) => Damaged(path, expected, found)),
            FixedSizeBinaryType bytes => ToFixedSize((BinaryArray)array, bytes, path),
            MapType map => ArrowArrayFactory.BuildArray(new ArrayData(map, data.Length, data.NullCount, data.Offset, data.Buffers, [PairsAs(map.KeyValueType, data.Children[0])])),
            var type => ArrowArrayFactory.BuildArray(new ArrayData(type, data.Length, data.NullCount, data.Offset, data.Buffers, data.Children)),
        };
    }

    private static IArrowType StoredTypeOf(IArrowType type) => type switch
    {
        FixedSizeListType => VectorColumn.StagedType,
        FixedSizeBinaryType => BinaryType.Default,
        MapType => new ListType(new StructType([new Field("key", StringType.Default, nullable: true), new Field("value", StringType.Default, nullable: true)])),
        _ => type,
    };

    private static ArrayData PairsAs(IArrowType type, ArrayData pairs) => new(type, pairs.Length, pairs.NullCount, pairs.Offset, pairs.Buffers, pairs.Children);

    private static BinaryArray ToBinary(FixedSizeBinaryArray array)
    {
        var builder = new BinaryArray.Builder().Reserve(array.Length);
        for (var i = 0; i < array.Length; i++)
        {
            if (array.IsNull(i))
            {
                builder.AppendNull();
            }
            else
            {
                builder.Append(array.GetBytes(i));
            }
        }

        return builder.Build();
    }

    private FixedSizeBinaryArray ToFixedSize(BinaryArray array, FixedSizeBinaryType type, string path)
    {
        var values = new byte[array.Length * type.ByteWidth];
        var validity = new ArrowBuffer.BitmapBuilder(array.Length);
        for (var i = 0; i < array.Length; i++)
        {
            var bytes = array.GetBytes(i, out var isNull);
            if (!isNull && bytes.Length != type.ByteWidth)
            {
                throw Damaged(path, FormattableString.Invariant($"{type.ByteWidth} bytes"), FormattableString.Invariant($"{bytes.Length}"));
            }

            bytes.CopyTo(values.AsSpan(i * type.ByteWidth));
            validity.Append(!isNull);
        }

        return new FixedSizeBinaryArray(new ArrayData(type, array.Length, array.NullCount, 0, [array.NullCount == 0 ? ArrowBuffer.Empty : validity.Build(), new ArrowBuffer(values)]));
    }

    private Runtime.CorruptFileException Damaged(string path, string expected, string found)
        => new(path, $"Expected {expected} in every row of column '{field.Name}' in '{path}', but found {found}.");
}
