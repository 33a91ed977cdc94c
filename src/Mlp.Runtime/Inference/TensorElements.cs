using Microsoft.ML.OnnxRuntime;
using Microsoft.ML.OnnxRuntime.Tensors;
using Mlp.Runtime.Models;

namespace Mlp.Runtime.Inference;

/// <summary>The element types of tensors: what they are called by ONNX Runtime, and which types of C# hold them bit for bit.</summary>
internal static class TensorElements
{
    private static readonly Dictionary<Type, TensorElementKind> Kinds = new()
    {
        [typeof(float)] = TensorElementKind.Float32,
        [typeof(double)] = TensorElementKind.Float64,
        [typeof(Half)] = TensorElementKind.Float16,
        [typeof(Float16)] = TensorElementKind.Float16,
        [typeof(BFloat16)] = TensorElementKind.BFloat16,
        [typeof(sbyte)] = TensorElementKind.Int8,
        [typeof(byte)] = TensorElementKind.UInt8,
        [typeof(short)] = TensorElementKind.Int16,
        [typeof(ushort)] = TensorElementKind.UInt16,
        [typeof(int)] = TensorElementKind.Int32,
        [typeof(uint)] = TensorElementKind.UInt32,
        [typeof(long)] = TensorElementKind.Int64,
        [typeof(ulong)] = TensorElementKind.UInt64,
        [typeof(bool)] = TensorElementKind.Boolean,
    };

    /// <summary>The element type that a type of C# holds.</summary>
    /// <exception cref="NotSupportedException">None is held by it.</exception>
    public static TensorElementKind KindOf<T>()
        where T : unmanaged
        => Cache<T>.Kind ?? throw new NotSupportedException(
            $"Expected an element type of float, double, Half, BFloat16, sbyte, byte, short, ushort, int, uint, long, ulong or bool, but found {typeof(T).Name}.");

    /// <summary>Bytes of an element; 0 for what is not a whole number of bytes, or no number.</summary>
    /// <param name="kind">The element type.</param>
    public static int SizeOf(TensorElementKind kind) => kind switch
    {
        TensorElementKind.Float32 or TensorElementKind.Int32 or TensorElementKind.UInt32 => 4,
        TensorElementKind.Float64 or TensorElementKind.Int64 or TensorElementKind.UInt64 or TensorElementKind.Complex64 => 8,
        TensorElementKind.Float16 or TensorElementKind.BFloat16 or TensorElementKind.Int16 or TensorElementKind.UInt16 => 2,
        TensorElementKind.Int8 or TensorElementKind.UInt8 or TensorElementKind.Boolean => 1,
        TensorElementKind.Float8E4M3FN or TensorElementKind.Float8E4M3FNUZ or TensorElementKind.Float8E5M2 or TensorElementKind.Float8E5M2FNUZ => 1,
        TensorElementKind.Complex128 => 16,
        _ => 0,
    };

    /// <summary>What ONNX Runtime calls an element type.</summary>
    /// <param name="kind">The element type.</param>
    public static TensorElementType ToEngine(TensorElementKind kind) => kind switch
    {
        TensorElementKind.Float32 => TensorElementType.Float,
        TensorElementKind.Float64 => TensorElementType.Double,
        TensorElementKind.Float16 => TensorElementType.Float16,
        TensorElementKind.BFloat16 => TensorElementType.BFloat16,
        TensorElementKind.Int8 => TensorElementType.Int8,
        TensorElementKind.UInt8 => TensorElementType.UInt8,
        TensorElementKind.Int16 => TensorElementType.Int16,
        TensorElementKind.UInt16 => TensorElementType.UInt16,
        TensorElementKind.Int32 => TensorElementType.Int32,
        TensorElementKind.UInt32 => TensorElementType.UInt32,
        TensorElementKind.Int64 => TensorElementType.Int64,
        TensorElementKind.UInt64 => TensorElementType.UInt64,
        TensorElementKind.Boolean => TensorElementType.Bool,
        TensorElementKind.String => TensorElementType.String,
        _ => TensorElementType.DataTypeMax,
    };

    /// <summary>What the platform calls an element type of ONNX Runtime.</summary>
    /// <param name="type">The element type.</param>
    public static TensorElementKind FromEngine(TensorElementType type) => type switch
    {
        TensorElementType.Float => TensorElementKind.Float32,
        TensorElementType.Double => TensorElementKind.Float64,
        TensorElementType.Float16 => TensorElementKind.Float16,
        TensorElementType.BFloat16 => TensorElementKind.BFloat16,
        TensorElementType.Int8 => TensorElementKind.Int8,
        TensorElementType.UInt8 => TensorElementKind.UInt8,
        TensorElementType.Int16 => TensorElementKind.Int16,
        TensorElementType.UInt16 => TensorElementKind.UInt16,
        TensorElementType.Int32 => TensorElementKind.Int32,
        TensorElementType.UInt32 => TensorElementKind.UInt32,
        TensorElementType.Int64 => TensorElementKind.Int64,
        TensorElementType.UInt64 => TensorElementKind.UInt64,
        TensorElementType.Bool => TensorElementKind.Boolean,
        TensorElementType.String => TensorElementKind.String,
        TensorElementType.Complex64 => TensorElementKind.Complex64,
        TensorElementType.Complex128 => TensorElementKind.Complex128,
        _ => TensorElementKind.Other,
    };

    /// <summary>Number of elements of a shape.</summary>
    /// <param name="shape">Sizes, none negative.</param>
    /// <exception cref="ArgumentException">A size is negative, or there are too many elements for an array.</exception>
    public static int Count(ReadOnlySpan<long> shape)
    {
        long count = 1;
        foreach (var size in shape)
        {
            if (size < 0 || (size > 0 && count > Array.MaxLength / size))
            {
                throw new ArgumentException(
                    FormattableString.Invariant($"Expected a shape of sizes from 0 with at most {Array.MaxLength} elements, but found {Text(shape)}."), nameof(shape));
            }

            count *= size;
        }

        return (int)count;
    }

    /// <summary>A shape as text, for messages: <c>[16, 31]</c>.</summary>
    /// <param name="shape">Sizes.</param>
    public static string Text(ReadOnlySpan<long> shape) => "[" + string.Join(", ", shape.ToArray().Select(d => FormattableString.Invariant($"{d}"))) + "]";

    private static class Cache<T>
    {
        public static readonly TensorElementKind? Kind = Kinds.TryGetValue(typeof(T), out var kind) ? kind : null;
    }
}
