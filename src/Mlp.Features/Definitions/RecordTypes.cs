using Mlp.Runtime.Data;

namespace Mlp.Features.Definitions;

/// <summary>Which CLR types stand for which feature and key types; a nullable one like its underlying type.</summary>
internal static class RecordTypes
{
    /// <summary>Whether values are vectors: floats in an array or in memory, whose number only the attribute says.</summary>
    internal static bool IsVector(Type type)
        => type == typeof(float[]) || (Nullable.GetUnderlyingType(type) ?? type) == typeof(ReadOnlyMemory<float>);

    internal static FeatureType? FeatureTypeOf(Type type)
    {
        var underlying = Nullable.GetUnderlyingType(type) ?? type;
        if (underlying == typeof(float))
        {
            return FeatureType.Float32;
        }

        if (underlying == typeof(double))
        {
            return FeatureType.Float64;
        }

        if (underlying == typeof(bool))
        {
            return FeatureType.Boolean;
        }

        if (underlying == typeof(string))
        {
            return FeatureType.String;
        }

        return IsInteger(underlying) ? FeatureType.Int64 : null;
    }

    internal static EntityValueKind? KeyKindOf(Type type)
    {
        var underlying = Nullable.GetUnderlyingType(type) ?? type;
        if (underlying == typeof(string))
        {
            return EntityValueKind.String;
        }

        if (underlying == typeof(Guid))
        {
            return EntityValueKind.Guid;
        }

        return IsInteger(underlying) ? EntityValueKind.Int64 : null;
    }

    internal static bool IsTime(Type type)
        => (Nullable.GetUnderlyingType(type) ?? type) is var underlying && (underlying == typeof(DateTimeOffset) || underlying == typeof(DateTime));

    private static bool IsInteger(Type type)
        => type == typeof(long) || type == typeof(int) || type == typeof(short) || type == typeof(sbyte)
            || type == typeof(uint) || type == typeof(ushort) || type == typeof(byte);
}
