using System.Numerics;
using System.Numerics.Tensors;
using System.Runtime.InteropServices;
using Apache.Arrow;
using Apache.Arrow.Types;
using Mlp.Runtime.Data;

namespace Mlp.Spark.Worker.Functions.Models;

/// <summary>Columns of numbers as the type of a feature that cannot hold all of them exactly: each becomes the nearest that it can hold. Nulls stay.</summary>
internal static class RoundedNumbers
{
    /// <summary>Rounds a column.</summary>
    /// <param name="column">The column.</param>
    /// <param name="type">Type of the feature.</param>
    /// <returns>The column as it is where the model reads it exactly, or does not take it at all.</returns>
    public static IArrowArray For(IArrowArray column, FeatureType type) => (type, column) switch
    {
        (FeatureType.Float32, DoubleArray a) => Floats<double>(a, a.Values),
        (FeatureType.Float32, Int32Array a) => Floats<int>(a, a.Values),
        (FeatureType.Float32, Int64Array a) => Floats<long>(a, a.Values),
        (FeatureType.Float32, Decimal128Array a) => Floats<double>(a, Decimals(a)),
        (FeatureType.Float64, Int64Array a) => Doubles<long>(a, a.Values),
        (FeatureType.Float64, Decimal128Array a) => Doubles<double>(a, Decimals(a)),
        _ => column,
    };

    /// <summary>Whether values of a type are rounded for a feature.</summary>
    /// <param name="column">Type of the column.</param>
    /// <param name="type">Type of the feature.</param>
    public static bool CanRound(IArrowType column, FeatureType type) => (type, column.TypeId) switch
    {
        (FeatureType.Float32, ArrowTypeId.Double or ArrowTypeId.Int32) => true,
        (FeatureType.Float32 or FeatureType.Float64, ArrowTypeId.Int64 or ArrowTypeId.Decimal128) => true,
        _ => false,
    };

    private static FloatArray Floats<T>(IArrowArray column, ReadOnlySpan<T> values)
        where T : unmanaged, INumber<T>
        => new(Convert<T, float>(column, values, FloatType.Default));

    private static DoubleArray Doubles<T>(IArrowArray column, ReadOnlySpan<T> values)
        where T : unmanaged, INumber<T>
        => new(Convert<T, double>(column, values, DoubleType.Default));

    private static ArrayData Convert<TFrom, TTo>(IArrowArray column, ReadOnlySpan<TFrom> values, IArrowType type)
        where TFrom : unmanaged, INumber<TFrom>
        where TTo : unmanaged, INumber<TTo>
    {
        var bytes = new byte[column.Length * Marshal.SizeOf<TTo>()];
        TensorPrimitives.ConvertTruncating<TFrom, TTo>(values, MemoryMarshal.Cast<byte, TTo>(bytes.AsSpan()));
        return new ArrayData(type, column.Length, column.NullCount, 0, [ValidityBits.Of(column), new ArrowBuffer(bytes)]);
    }

    private static double[] Decimals(Decimal128Array column)
    {
        var values = new double[column.Length];
        for (var row = 0; row < values.Length; row++)
        {
            // By its digits: a decimal of Spark has more than one of .NET.
            values[row] = column.IsNull(row) ? 0 : double.Parse(column.GetString(row), System.Globalization.CultureInfo.InvariantCulture);
        }

        return values;
    }
}
