using System.Numerics;
using Apache.Arrow;

namespace Mlp.Runtime.Data;

/// <summary>Brings columns of numbers into the types of the features that they are: integers become int64, any number float32 or float64. Fractions do not become integers.</summary>
internal static class FeatureNumbers
{
    /// <summary>A column as the type of its feature.</summary>
    /// <param name="array">The column.</param>
    /// <param name="feature">The feature.</param>
    /// <returns>New memory; the array itself where it has the type, or where none of its values would fit.</returns>
    /// <exception cref="OverflowException">A number is beyond float32.</exception>
    public static IArrowArray Convert(IArrowArray array, FeatureColumn feature) => array switch
    {
        _ when feature.IsVector => array,
        Int8Array int8 => Integers(int8, feature.Type),
        Int16Array int16 => Integers(int16, feature.Type),
        Int32Array int32 => Integers(int32, feature.Type),
        Int64Array int64 when feature.Type != FeatureType.Int64 => Numbers(int64, feature.Type),
        UInt8Array uint8 => Integers(uint8, feature.Type),
        UInt16Array uint16 => Integers(uint16, feature.Type),
        UInt32Array uint32 => Integers(uint32, feature.Type),
        UInt64Array uint64 => Numbers(uint64, feature.Type),
        HalfFloatArray half => Numbers(half, feature.Type),
        FloatArray single when feature.Type != FeatureType.Float32 => Numbers(single, feature.Type),
        DoubleArray wide when feature.Type != FeatureType.Float64 => Numbers(wide, feature.Type),
        _ => array,
    };

    private static IArrowArray Integers<T>(PrimitiveArray<T> array, FeatureType type)
        where T : struct, INumber<T>
        => type == FeatureType.Int64 ? Fill<T, long, Int64Array, Int64Array.Builder>(array, new(), long.CreateTruncating) : Numbers(array, type);

    private static IArrowArray Numbers<T>(PrimitiveArray<T> array, FeatureType type)
        where T : struct, INumber<T>
        => type switch
        {
            FeatureType.Float32 => Fill<T, float, FloatArray, FloatArray.Builder>(array, new(), Narrow),
            FeatureType.Float64 => Fill<T, double, DoubleArray, DoubleArray.Builder>(array, new(), double.CreateTruncating),
            _ => array,
        };

    private static float Narrow<T>(T value)
        where T : struct, INumber<T>
    {
        var narrow = float.CreateTruncating(value);
        return float.IsInfinity(narrow) && !T.IsInfinity(value) ? throw new OverflowException("Expected numbers within float32, but found a greater one.") : narrow;
    }

    private static TArray Fill<TFrom, TTo, TArray, TBuilder>(PrimitiveArray<TFrom> array, TBuilder builder, Func<TFrom, TTo> convert)
        where TFrom : struct, INumber<TFrom>
        where TTo : struct, IEquatable<TTo>
        where TArray : IArrowArray
        where TBuilder : PrimitiveArrayBuilder<TTo, TArray, TBuilder>
    {
        builder.Reserve(array.Length);
        var values = array.Values;
        for (var row = 0; row < array.Length; row++)
        {
            _ = array.IsValid(row) ? builder.Append(convert(values[row])) : builder.AppendNull();
        }

        return builder.Build();
    }
}
