using Mlp.Features.Definitions;
using Mlp.Features.Ingestion;
using Mlp.Runtime.Data;

namespace Mlp.Spark.Joins;

/// <summary>Names, literals and times of Spark's SQL, the same in every version and with ANSI mode or without.</summary>
internal static class SparkSql
{
    private const long DayMicroseconds = 86_400_000_000;

    /// <summary>A name in quotes.</summary>
    /// <param name="name">The name.</param>
    public static string Name(string name) => $"`{name.Replace("`", "``", StringComparison.Ordinal)}`";

    /// <summary>A text in quotes.</summary>
    /// <param name="text">The text.</param>
    public static string Text(string text) => $"'{text.Replace("\\", "\\\\", StringComparison.Ordinal).Replace("'", "\\'", StringComparison.Ordinal)}'";

    /// <summary>A key in its canonical form: int64, or text; a GUID in lower case.</summary>
    /// <param name="column">The column, as SQL.</param>
    /// <param name="kind">What the key is.</param>
    public static string Key(string column, EntityValueKind kind) => kind switch
    {
        EntityValueKind.Guid => $"lower(CAST({column} AS STRING))",
        _ => $"CAST({column} AS {TypeOf(kind)})",
    };

    /// <summary>A time as int64 microseconds. A row without one, or with one beyond the calendar, ends the query with a sentence.</summary>
    /// <param name="column">Name of the column.</param>
    /// <param name="prefix">What stands before it in SQL.</param>
    /// <param name="type">What it holds.</param>
    /// <param name="where">What has the column, for the sentence.</param>
    public static string Microseconds(string column, string prefix, SparkTimeType type, string where)
    {
        var value = Count(prefix + Name(column), type);
        var sentence = Text($"Expected {TimeRange.Expected} in every row of column '{column}' of {where}, but found ");
        return $"CASE WHEN {TimeRange.HoldsMicroseconds(value)} THEN {value} ELSE CAST(raise_error(concat({sentence}, CASE WHEN {prefix}{Name(column)} IS NULL THEN 'null.' ELSE {Text(TimeRange.Beyond + ".")} END)) AS BIGINT) END";
    }

    /// <summary>The type of a feature.</summary>
    /// <param name="field">The feature.</param>
    public static string TypeOf(FeatureField field) => field.IsVector ? "ARRAY<FLOAT>" : field.Type switch
    {
        FeatureType.Float32 => "FLOAT",
        FeatureType.Float64 => "DOUBLE",
        FeatureType.Int64 => "BIGINT",
        FeatureType.Boolean => "BOOLEAN",
        _ => "STRING",
    };

    /// <summary>The type of a key.</summary>
    /// <param name="kind">What the key is.</param>
    public static string TypeOf(EntityValueKind kind) => kind == EntityValueKind.Int64 ? "BIGINT" : "STRING";

    // A time without a zone is taken apart, because Spark would read it in the zone of the session.
    private static string Count(string column, SparkTimeType type) => type switch
    {
        SparkTimeType.Timestamp => $"unix_micros({column})",
        SparkTimeType.TimestampWithoutZone => FormattableString.Invariant(
            $"(unix_date(CAST({column} AS DATE)) * {DayMicroseconds}L + hour({column}) * 3600000000L + minute({column}) * 60000000L + CAST(extract(SECOND FROM {column}) * 1000000 AS BIGINT))"),
        SparkTimeType.Date => FormattableString.Invariant($"(unix_date({column}) * {DayMicroseconds}L)"),
        SparkTimeType.Microseconds => column,
        _ => throw new ArgumentOutOfRangeException(nameof(type), type, "Expected a type of times."),
    };
}
