namespace Mlp.Training.Distributed.Collectives;

/// <summary>What there is to know of the types that collectives carry.</summary>
internal static class ElementTypes
{
    /// <summary>The type of values.</summary>
    /// <exception cref="ArgumentException">Collectives do not carry it.</exception>
    public static ElementType Of<T>()
        where T : unmanaged
    {
        return typeof(T) == typeof(float) ? ElementType.Float32
            : typeof(T) == typeof(double) ? ElementType.Float64
            : typeof(T) == typeof(Half) ? ElementType.Float16
            : typeof(T) == typeof(BFloat16) ? ElementType.BFloat16
            : typeof(T) == typeof(int) ? ElementType.Int32
            : typeof(T) == typeof(long) ? ElementType.Int64
            : typeof(T) == typeof(byte) ? ElementType.Byte
            : throw new ArgumentException($"Expected values of type float, double, Half, BFloat16, int, long or byte, but found {typeof(T).Name}.");
    }

    /// <summary>Bytes of a value.</summary>
    public static int SizeOf(ElementType type) => type switch
    {
        ElementType.Float64 or ElementType.Int64 => 8,
        ElementType.Float32 or ElementType.Int32 => 4,
        ElementType.Float16 or ElementType.BFloat16 => 2,
        _ => 1,
    };

    /// <summary>Whether values are added up in float32 and rounded once, at the end.</summary>
    public static bool IsNarrow(ElementType type) => type is ElementType.Float16 or ElementType.BFloat16;

    /// <summary>Whether values have a mean of their own type.</summary>
    public static bool IsInteger(ElementType type) => type is ElementType.Int32 or ElementType.Int64 or ElementType.Byte;
}
