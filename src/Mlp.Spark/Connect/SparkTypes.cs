using Apache.Arrow;
using Apache.Arrow.Types;
using Mlp.Features.Definitions;
using Mlp.Runtime.Data;
using Mlp.Spark.Commands;
using Mlp.Spark.Connect.Protocol;
using Mlp.Spark.Scoring;

namespace Mlp.Spark.Connect;

/// <summary>The types of Spark as those of Arrow, in which Spark sends their values.</summary>
internal static class SparkTypes
{
    private const int DefaultPrecision = 10;

    /// <summary>How vectors of Spark's ML travel, which the JVM does not say with their own type.</summary>
    private static readonly StructType Vector = new(
    [
        new Field("type", Int8Type.Default, nullable: false),
        new Field("size", Int32Type.Default, nullable: true),
        new Field("indices", new ListType(new Field(SparkTypeText.Element, Int32Type.Default, nullable: false)), nullable: true),
        new Field("values", new ListType(new Field(SparkTypeText.Element, DoubleType.Default, nullable: false)), nullable: true),
    ]);

    /// <summary>The schema of a table.</summary>
    /// <param name="type">A struct.</param>
    /// <exception cref="NotSupportedException">A column has a type that Arrow does not carry.</exception>
    public static Schema ToSchema(DataType type)
        => new(type.Struct?.Fields.Select(ToField) ?? throw new InvalidOperationException($"Expected the schema of a table, but found {type.KindCase}."), null);

    /// <summary>The text of a schema: <c>id bigint, score double</c>.</summary>
    /// <param name="fields">The columns.</param>
    /// <exception cref="NotSupportedException">Spark does not have the type of a column.</exception>
    public static string ToDdl(IEnumerable<Field> fields) => string.Join(", ", fields.Select(f => $"{SparkTypeText.Quote(f.Name)} {Require(f)}"));

    /// <summary>A column, of whatever type.</summary>
    /// <param name="field">The column.</param>
    public static TableColumn ToColumn(DataType.Types.StructField field)
    {
        try
        {
            var type = ToArrow(field.DataType, field.Name);
            return new TableColumn(field.Name, type, ColumnFit.Describe(type));
        }
        catch (NotSupportedException)
        {
            return new TableColumn(field.Name, null, field.DataType.KindCase.ToString());
        }
    }

    /// <summary>The type of an answer of a model.</summary>
    /// <param name="ddl">Its text.</param>
    public static DataType OfAnswer(string ddl) => ddl switch
    {
        "double" => new DataType { Double = new() },
        "int" => new DataType { Integer = new() },
        "string" => new DataType { String = new() },
        "array<double>" => new DataType { Array = new() { ElementType = new DataType { Double = new() }, ContainsNull = true } },
        _ => throw new ArgumentOutOfRangeException(nameof(ddl), ddl, "Expected the type of an answer."),
    };

    /// <summary>The type of a feature.</summary>
    /// <param name="field">The feature.</param>
    public static DataType OfFeature(FeatureField field) => field.IsVector ? new DataType { Array = new() { ElementType = new DataType { Float = new() }, ContainsNull = true } } : field.Type switch
    {
        FeatureType.Float32 => new DataType { Float = new() },
        FeatureType.Float64 => new DataType { Double = new() },
        FeatureType.Int64 => new DataType { Long = new() },
        FeatureType.Boolean => new DataType { Boolean = new() },
        _ => new DataType { String = new() },
    };

    private static string Require(Field field)
        => SparkTypeText.Of(field.DataType) ?? throw new NotSupportedException($"Expected a type that Spark has for column '{field.Name}', but found {field.DataType.Name}.");

    private static Field ToField(DataType.Types.StructField field) => new(field.Name, ToArrow(field.DataType, field.Name), field.Nullable);

    private static IArrowType ToArrow(DataType type, string column) => type.KindCase switch
    {
        DataType.KindOneofCase.Null => NullType.Default,
        DataType.KindOneofCase.Binary => BinaryType.Default,
        DataType.KindOneofCase.Boolean => BooleanType.Default,
        DataType.KindOneofCase.Byte => Int8Type.Default,
        DataType.KindOneofCase.Short => Int16Type.Default,
        DataType.KindOneofCase.Integer => Int32Type.Default,
        DataType.KindOneofCase.Long => Int64Type.Default,
        DataType.KindOneofCase.Float => FloatType.Default,
        DataType.KindOneofCase.Double => DoubleType.Default,
        DataType.KindOneofCase.Decimal => new Decimal128Type(type.Decimal.HasPrecision ? type.Decimal.Precision : DefaultPrecision, type.Decimal.Scale),
        DataType.KindOneofCase.String or DataType.KindOneofCase.Char or DataType.KindOneofCase.VarChar => StringType.Default,
        DataType.KindOneofCase.Date => Date32Type.Default,
        DataType.KindOneofCase.Timestamp => new TimestampType(TimeUnit.Microsecond, SparkTypeText.TimeZone),
        DataType.KindOneofCase.TimestampNtz => new TimestampType(TimeUnit.Microsecond, (string?)null),
        DataType.KindOneofCase.YearMonthInterval => new IntervalType(IntervalUnit.YearMonth),
        DataType.KindOneofCase.DayTimeInterval => DurationType.Microsecond,
        DataType.KindOneofCase.Array => new ListType(new Field(SparkTypeText.Element, ToArrow(type.Array.ElementType, column), type.Array.ContainsNull)),
        DataType.KindOneofCase.Struct => new StructType([.. type.Struct.Fields.Select(ToField)]),
        DataType.KindOneofCase.Map => new MapType(
            new Field("key", ToArrow(type.Map.KeyType, column), nullable: false), new Field("value", ToArrow(type.Map.ValueType, column), type.Map.ValueContainsNull)),
        DataType.KindOneofCase.Udt when type.Udt.SqlType is { } sql => ToArrow(sql, column),
        DataType.KindOneofCase.Udt when type.Udt.JvmClass is "org.apache.spark.ml.linalg.VectorUDT" or "org.apache.spark.mllib.linalg.VectorUDT" => Vector,
        _ => throw new NotSupportedException($"Expected a type that Arrow carries for column '{column}', but found {type.KindCase} of Spark."),
    };
}
