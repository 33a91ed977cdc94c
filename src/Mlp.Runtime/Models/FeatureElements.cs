using Mlp.Runtime.Data;

namespace Mlp.Runtime.Models;

/// <summary>Which element types of tensors take features of which type: the feature's own, and those that its values are brought to before a run.</summary>
internal static class FeatureElements
{
    /// <summary>The type of the features that fill tensors of an element type, where nobody has described features.</summary>
    /// <param name="kind">The element type.</param>
    /// <returns>The type, or null if no feature fills such a tensor.</returns>
    public static FeatureType? TypeOf(TensorElementKind kind) => kind switch
    {
        TensorElementKind.Float32 or TensorElementKind.Float16 or TensorElementKind.BFloat16 => FeatureType.Float32,
        TensorElementKind.Float64 => FeatureType.Float64,
        TensorElementKind.Boolean => FeatureType.Boolean,
        TensorElementKind.String => FeatureType.String,
        TensorElementKind.Int64 => FeatureType.Int64,
        _ => RangeOf(kind) is null ? null : FeatureType.Int64,
    };

    /// <summary>The element type to bring features to.</summary>
    /// <param name="type">Type of the features.</param>
    /// <param name="kind">Element type of the tensor.</param>
    /// <returns>Null if it is the features' own.</returns>
    public static TensorElementKind? ConversionOf(FeatureType type, TensorElementKind kind) => kind == FeatureBinding.ElementKindOf(type) ? null : kind;

    /// <summary>The values of an integer type that an int64 feature may have, if not all of them; null for any other type.</summary>
    /// <param name="kind">The element type.</param>
    public static (long Least, long Greatest)? RangeOf(TensorElementKind kind) => kind switch
    {
        TensorElementKind.Int8 => (sbyte.MinValue, sbyte.MaxValue),
        TensorElementKind.UInt8 => (byte.MinValue, byte.MaxValue),
        TensorElementKind.Int16 => (short.MinValue, short.MaxValue),
        TensorElementKind.UInt16 => (ushort.MinValue, ushort.MaxValue),
        TensorElementKind.Int32 => (int.MinValue, int.MaxValue),
        TensorElementKind.UInt32 => (uint.MinValue, uint.MaxValue),
        TensorElementKind.UInt64 => (0, long.MaxValue),
        _ => null,
    };
}
