using Apache.Arrow.Types;
using Mlp.Runtime.Data;
using Mlp.Spark.Commands;

namespace Mlp.Spark.Scoring;

/// <summary>Which columns hold a feature: the rules by which the worker reads them, known before anything runs.</summary>
internal static class ColumnFit
{
    /// <summary>Whether a column can be read as numbers, truth values or texts of a type.</summary>
    /// <param name="column">Type of the column.</param>
    /// <param name="feature">Type of the feature.</param>
    /// <param name="isVector">Whether the feature is a vector.</param>
    /// <param name="round">Whether rounding to float32 is allowed.</param>
    public static bool Holds(IArrowType? column, FeatureType feature, bool isVector, bool round)
        => column is NullType || (isVector ? HoldsVector(column, feature, round) : HoldsValue(column, feature, round));

    /// <summary>Whether a column holds arrays or ml vectors.</summary>
    /// <param name="column">Type of the column.</param>
    public static bool IsVector(IArrowType? column) => column is ListType { ValueDataType: FloatType or DoubleType } || IsMlVector(column);

    /// <summary>Whether only rounding is missing.</summary>
    /// <param name="column">Type of the column.</param>
    /// <param name="feature">Type of the feature.</param>
    /// <param name="isVector">Whether the feature is a vector.</param>
    public static bool NeedsRounding(IArrowType? column, FeatureType feature, bool isVector) => !Holds(column, feature, isVector, false) && Holds(column, feature, isVector, true);

    /// <summary>A type in messages.</summary>
    /// <param name="column">The type.</param>
    public static string Describe(IArrowType column) => IsMlVector(column) ? "ml vector" : SparkTypeText.Of(column) ?? column.Name;

    private static bool HoldsValue(IArrowType? column, FeatureType feature, bool round) => feature switch
    {
        FeatureType.Float32 => column is FloatType or Int8Type or Int16Type || (round && column is DoubleType or Int32Type or Int64Type or Decimal128Type),
        FeatureType.Float64 => column is DoubleType or FloatType or Int8Type or Int16Type or Int32Type,
        FeatureType.Int64 => column is Int8Type or Int16Type or Int32Type or Int64Type,
        FeatureType.Boolean => column is BooleanType,
        _ => column is StringType or LargeStringType,
    };

    private static bool HoldsVector(IArrowType? column, FeatureType feature, bool round) => feature switch
    {
        FeatureType.Float32 => column is ListType { ValueDataType: FloatType } || (round && IsVector(column)),
        FeatureType.Float64 => IsVector(column),
        _ => false,
    };

    /// <summary>The struct that stands for a vector of Spark's ml library.</summary>
    private static bool IsMlVector(IArrowType? column)
        => column is StructType { Fields: [{ Name: "type", DataType: Int8Type }, { Name: "size", DataType: Int32Type }, { Name: "indices" }, { Name: "values", DataType: ListType { ValueDataType: DoubleType } }] };
}
