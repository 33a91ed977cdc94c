using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using Apache.Arrow;
using Apache.Arrow.Types;

namespace Mlp.Runtime.Data;

/// <summary>Features of <see cref="FeatureRows"/> as Arrow columns: null where a value is not <see cref="FeatureStatus.Present"/>.</summary>
internal static class FeatureRowColumns
{
    /// <summary>The type of the column of a feature.</summary>
    /// <param name="feature">The feature.</param>
    public static IArrowType TypeOf(FeatureColumn feature) => feature.Type switch
    {
        FeatureType.Float32 when feature.IsVector => VectorColumn.TypeOf(feature.Length),
        FeatureType.Float32 => FloatType.Default,
        FeatureType.Float64 => DoubleType.Default,
        FeatureType.Int64 => Int64Type.Default,
        FeatureType.Boolean => BooleanType.Default,
        FeatureType.String => StringType.Default,
        _ => throw new ArgumentOutOfRangeException(nameof(feature), feature.Type, "Expected a feature type."),
    };

    /// <summary>Copies a feature of all rows.</summary>
    /// <param name="rows">The rows.</param>
    /// <param name="column">Index of the feature.</param>
    public static IArrowArray Create(FeatureRows rows, int column)
    {
        var feature = rows.Layout.Columns[column];
        return feature.Type switch
        {
            FeatureType.Float32 when feature.IsVector => VectorColumn.Create(Values<float>(rows.Float32, rows, column), feature.Length, rows.RowCount, Validity(rows, column, out var nulls), nulls),
            FeatureType.Float32 => new FloatArray(Values<float>(rows.Float32, rows, column), Validity(rows, column, out var nulls), rows.RowCount, nulls, 0),
            FeatureType.Float64 => new DoubleArray(Values<double>(rows.Float64, rows, column), Validity(rows, column, out var nulls), rows.RowCount, nulls, 0),
            FeatureType.Int64 => new Int64Array(Values<long>(rows.Int64, rows, column), Validity(rows, column, out var nulls), rows.RowCount, nulls, 0),
            FeatureType.Boolean => Booleans(rows, column),
            _ => Texts(rows, column),
        };
    }

    /// <summary>Copies the statuses of a feature of all rows, as numbers of <see cref="FeatureStatus"/>.</summary>
    /// <param name="rows">The rows.</param>
    /// <param name="column">Index of the feature.</param>
    public static UInt8Array CreateStatuses(FeatureRows rows, int column)
    {
        var values = new byte[rows.RowCount];
        for (var row = 0; row < values.Length; row++)
        {
            values[row] = (byte)rows.StatusOf(row)[column];
        }

        return new UInt8Array(new ArrowBuffer(values), ArrowBuffer.Empty, values.Length, 0, 0);
    }

    private static ArrowBuffer Values<T>(ReadOnlySpan<T> block, FeatureRows rows, int column)
        where T : unmanaged
    {
        var (feature, offset) = (rows.Layout.Columns[column], rows.Layout.OffsetOf(column));
        var width = rows.Layout.WidthOf(feature.Type);
        var bytes = new byte[rows.RowCount * feature.Length * Unsafe.SizeOf<T>()];
        var values = MemoryMarshal.Cast<byte, T>(bytes.AsSpan());
        for (var row = 0; row < rows.RowCount; row++)
        {
            block.Slice((row * width) + offset, feature.Length).CopyTo(values[(row * feature.Length)..]);
        }

        return new ArrowBuffer(bytes);
    }

    private static ArrowBuffer Validity(FeatureRows rows, int column, out int nullCount)
    {
        var bits = new ArrowBuffer.BitmapBuilder(rows.RowCount);
        for (var row = 0; row < rows.RowCount; row++)
        {
            bits.Append(rows.StatusOf(row)[column] == FeatureStatus.Present);
        }

        nullCount = bits.UnsetBitCount;
        return nullCount == 0 ? ArrowBuffer.Empty : bits.Build();
    }

    private static BooleanArray Booleans(FeatureRows rows, int column)
    {
        var values = new ArrowBuffer.BitmapBuilder(rows.RowCount);
        for (var row = 0; row < rows.RowCount; row++)
        {
            values.Append(rows.BooleanOf(row)[rows.Layout.OffsetOf(column)]);
        }

        return new BooleanArray(values.Build(), Validity(rows, column, out var nulls), rows.RowCount, nulls, 0);
    }

    private static StringArray Texts(FeatureRows rows, int column)
    {
        var texts = new StringArray.Builder();
        for (var row = 0; row < rows.RowCount; row++)
        {
            _ = rows.StatusOf(row)[column] == FeatureStatus.Present ? texts.Append(rows.StringOf(row, rows.Layout.OffsetOf(column))) : texts.AppendNull();
        }

        return texts.Build();
    }
}
