using System.Numerics;
using System.Numerics.Tensors;
using System.Runtime.InteropServices;
using Microsoft.ML.OnnxRuntime;

namespace Mlp.Runtime.Inference;

/// <summary>Conversions between the element types of features and scores and those of tensors.</summary>
internal static class ElementConversions
{
    /// <summary>The same type.</summary>
    /// <inheritdoc cref="ElementConversion{TSource, TElement}"/>
    public static void Copy<T>(ReadOnlySpan<T> source, Span<T> destination) => source.CopyTo(destination);

    /// <summary>To 16-bit floats, to the nearest one; beyond 65,504 to an infinity.</summary>
    /// <inheritdoc cref="ElementConversion{TSource, TElement}"/>
    public static void ToFloat16(ReadOnlySpan<float> source, Span<Float16> destination) => TensorPrimitives.ConvertToHalf(source, MemoryMarshal.Cast<Float16, Half>(destination));

    /// <summary>To 16-bit floats with the exponent of a 32-bit one, to the nearest one.</summary>
    /// <inheritdoc cref="ElementConversion{TSource, TElement}"/>
    public static void ToBFloat16(ReadOnlySpan<float> source, Span<BFloat16> destination)
    {
        for (var i = 0; i < source.Length; i++)
        {
            destination[i] = (BFloat16)source[i];
        }
    }

    /// <summary>To a narrower integer type.</summary>
    /// <inheritdoc cref="ElementConversion{TSource, TElement}"/>
    /// <exception cref="OverflowException">A value is not among those of the type, which <see cref="FeatureRanges"/> says better before.</exception>
    public static void Narrow<T>(ReadOnlySpan<long> source, Span<T> destination)
        where T : unmanaged, INumberBase<T>
        => TensorPrimitives.ConvertChecked<long, T>(source, destination);

    /// <summary>From 16-bit floats; exact.</summary>
    /// <inheritdoc cref="ElementConversion{TSource, TElement}"/>
    public static void FromFloat16(ReadOnlySpan<Float16> source, Span<float> destination) => TensorPrimitives.ConvertToSingle(MemoryMarshal.Cast<Float16, Half>(source), destination);

    /// <summary>From 16-bit floats with the exponent of a 32-bit one; exact.</summary>
    /// <inheritdoc cref="ElementConversion{TSource, TElement}"/>
    public static void FromBFloat16(ReadOnlySpan<BFloat16> source, Span<float> destination)
    {
        for (var i = 0; i < source.Length; i++)
        {
            destination[i] = (float)source[i];
        }
    }

    /// <summary>To a wider number type.</summary>
    /// <inheritdoc cref="ElementConversion{TSource, TElement}"/>
    public static void Widen<TSource, TElement>(ReadOnlySpan<TSource> source, Span<TElement> destination)
        where TSource : unmanaged, INumberBase<TSource>
        where TElement : unmanaged, INumberBase<TElement>
        => TensorPrimitives.ConvertTruncating(source, destination);
}
