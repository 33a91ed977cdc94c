using Apache.Arrow;
using Apache.Arrow.Types;

namespace Mlp.Spark.Worker.Tasks;

/// <summary>Whether columns have the same name and type, in every part. Arrow's own comparison is by reference for some types.</summary>
internal static class TypeEquality
{
    /// <summary>Compares two columns.</summary>
    /// <param name="left">One.</param>
    /// <param name="right">The other.</param>
    public static bool AreSame(Field left, Field right)
        => left.Name == right.Name && left.IsNullable == right.IsNullable && AreSame(left.DataType, right.DataType);

    private static bool AreSame(IArrowType left, IArrowType right) => ReferenceEquals(left, right) || (left, right) switch
    {
        (NestedType a, NestedType b) => a.TypeId == b.TypeId && a.Fields.Count == b.Fields.Count && a.Fields.Zip(b.Fields).All(p => AreSame(p.First, p.Second)),
        (Decimal128Type a, Decimal128Type b) => a.Precision == b.Precision && a.Scale == b.Scale,
        (TimestampType a, TimestampType b) => a.Unit == b.Unit && a.Timezone == b.Timezone,
        (IntervalType a, IntervalType b) => a.Unit == b.Unit,
        _ => left.TypeId == right.TypeId,
    };
}
