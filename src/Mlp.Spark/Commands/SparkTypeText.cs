using System.Collections.Frozen;
using System.Text;
using Apache.Arrow;
using Apache.Arrow.Types;

namespace Mlp.Spark.Commands;

/// <summary>
/// Spark's types as text (<c>array&lt;double></c>), and the Arrow types in which Spark sends and expects their values. Nothing inside a type that was read is required to be there, as in a declaration to
/// Spark, but the keys of maps.
/// </summary>
internal static class SparkTypeText
{
    /// <summary>The time zone of a timestamp that was read from text. Spark names its session's, and takes any.</summary>
    public const string TimeZone = "UTC";

    /// <summary>Name of the elements of a list, as Spark calls them.</summary>
    public const string Element = "element";

    private static readonly FrozenSet<string> Words = FrozenSet.Create(
        StringComparer.OrdinalIgnoreCase,
        "void", "boolean", "tinyint", "byte", "smallint", "short", "int", "integer", "bigint", "long", "float", "real", "double", "decimal", "dec", "numeric", "string", "char", "character", "varchar",
        "binary", "date", "time", "timestamp", "timestamp_ntz", "timestamp_ltz", "interval", "variant", "geometry", "geography", "array", "map", "struct");

    /// <summary>Whether a text begins with a word with which types of Spark begin, those that the worker does not exchange among them.</summary>
    /// <param name="text">The text.</param>
    public static bool BeginsLikeType(string text)
    {
        var type = text.AsSpan().Trim();
        while (type.StartsWith("array", StringComparison.OrdinalIgnoreCase) && type["array".Length..].TrimStart() is ['<', .. var element])
        {
            type = element.TrimStart();
        }

        var end = 0;
        while (end < type.Length && (char.IsAsciiLetterOrDigit(type[end]) || type[end] == '_'))
        {
            end++;
        }

        return Words.Contains(type[..end].ToString());
    }

    /// <summary>Reads a type.</summary>
    /// <param name="text">The text.</param>
    /// <param name="where">What has the type, for messages.</param>
    /// <exception cref="CommandException">It is no type, or one whose values the worker does not exchange.</exception>
    public static IArrowType Parse(string text, string where)
    {
        var parser = new SparkTypeParser(text);
        return parser.TryParse(out var type)
            ? type
            : throw new CommandException(
                $"Expected a type of Spark for {where}, such as double, bigint, string, decimal(18,4), array<float> or struct<a:int,b:string>, but found '{text}'.");
    }

    /// <summary>Writes the type of an Arrow column.</summary>
    /// <param name="type">The type.</param>
    /// <returns>The text; null for a type that Spark does not have.</returns>
    public static string? Of(IArrowType type) => type switch
    {
        NullType => "void",
        BooleanType => "boolean",
        Int8Type => "tinyint",
        Int16Type => "smallint",
        Int32Type => "int",
        Int64Type => "bigint",
        FloatType => "float",
        DoubleType => "double",
        StringType or LargeStringType => "string",
        BinaryType or LargeBinaryType => "binary",
        Date32Type => "date",
        TimestampType { Unit: TimeUnit.Microsecond } timestamp => string.IsNullOrEmpty(timestamp.Timezone) ? "timestamp_ntz" : "timestamp",
        DurationType { Unit: TimeUnit.Microsecond } => "interval day to second",
        IntervalType { Unit: IntervalUnit.YearMonth } => "interval year to month",
        Decimal128Type number => FormattableString.Invariant($"decimal({number.Precision},{number.Scale})"),
        MapType map => Of(map.KeyField.DataType) is { } key && Of(map.ValueField.DataType) is { } value ? $"map<{key},{value}>" : null,
        ListType list => Of(list.ValueDataType) is { } element ? $"array<{element}>" : null,
        StructType record => OfStruct(record),
        _ => null,
    };

    /// <summary>A column name as it stands in the text of a type or a schema.</summary>
    /// <param name="name">The name.</param>
    public static string Quote(string name)
        => name.Length > 0 && !char.IsAsciiDigit(name[0]) && name.All(c => char.IsAsciiLetterOrDigit(c) || c == '_') ? name : $"`{name.Replace("`", "``", StringComparison.Ordinal)}`";

    private static string? OfStruct(StructType record)
    {
        var text = new StringBuilder("struct<");
        foreach (var field in record.Fields)
        {
            if (Of(field.DataType) is not { } type)
            {
                return null;
            }

            text.Append(text.Length > "struct<".Length ? "," : string.Empty).Append(Quote(field.Name)).Append(':').Append(type);
        }

        return text.Append('>').ToString();
    }
}
