using System.Text.RegularExpressions;
using Mlp.Features.Interop;

namespace Mlp.Features.Ingestion;

/// <summary>SQL that brings the columns of a file into their stored types, where that loses nothing.</summary>
internal static partial class FileColumns
{
    private static readonly string[] SmallIntegers = ["TINYINT", "SMALLINT", "UTINYINT", "USMALLINT"];
    private static readonly string[] Integers = [.. SmallIntegers, "INTEGER", "UINTEGER"];

    /// <summary>The value of a typed column, or null when its type does not fit.</summary>
    internal static string? FromTyped(string sql, string found, string target)
    {
        if (target == Sql.VectorType)
        {
            // A list, or an array of a fixed length: FLOAT[] or FLOAT[3]. Lists of lists are none of vectors.
            var bracket = found.LastIndexOf('[');
            return bracket > 0 && !found[..bracket].EndsWith(']') && FromTyped(sql, found[..bracket], "FLOAT") is not null ? Cast(sql, target) : null;
        }

        var isDecimal = found.StartsWith("DECIMAL", StringComparison.Ordinal);
        return target switch
        {
            "BIGINT" when found == "BIGINT" || Integers.Contains(found) => Cast(sql, target),
            "FLOAT" when found == "FLOAT" || isDecimal || SmallIntegers.Contains(found) => Cast(sql, target),
            "DOUBLE" when found is "DOUBLE" or "FLOAT" || isDecimal || Integers.Contains(found) => Cast(sql, target),
            "BOOLEAN" when found == "BOOLEAN" => sql,
            "VARCHAR" when found == "VARCHAR" || found.StartsWith("ENUM", StringComparison.Ordinal) => Cast(sql, target),
            "UUID" when found is "UUID" or "VARCHAR" => $"CAST(CAST({sql} AS UUID) AS VARCHAR)",
            "TIMESTAMP" => FromTypedTime(sql, found),
            _ => null,
        };
    }

    /// <summary>What to do about a column whose type does not fit, as sentences behind a blank; empty where nothing in general helps.</summary>
    /// <param name="column">Column of the view.</param>
    /// <param name="name">Column of the source.</param>
    /// <param name="found">Its SQL type.</param>
    /// <param name="target">SQL type of the value.</param>
    internal static string WayOut(string column, string name, string found, string target)
    {
        var sql = PlainName().IsMatch(name) ? name : Sql.Name(name).Replace("\"", "\\\"", StringComparison.Ordinal);
        var isNumber = found is "BIGINT" or "UBIGINT" or "HUGEINT" or "FLOAT" or "DOUBLE" || Integers.Contains(found) || found.StartsWith("DECIMAL", StringComparison.Ordinal);
        var isList = found.EndsWith(']') && !found[..found.LastIndexOf('[')].EndsWith(']');
        var conversion = target switch
        {
            "BOOLEAN" when isNumber => $"{sql} <> 0",
            "TIMESTAMP" when found == "BIGINT" => $"make_timestamp({sql})",
            "TIMESTAMP" when found == "VARCHAR" => $"{sql}::TIMESTAMPTZ",
            Sql.VectorType when isList || found == "VARCHAR" => $"{sql}::{target}",
            "BIGINT" or "FLOAT" or "DOUBLE" when isNumber || found is "VARCHAR" or "BOOLEAN" => $"{sql}::{target}",
            "BOOLEAN" when found == "VARCHAR" => $"{sql}::{target}",
            "VARCHAR" when isNumber || found is "BOOLEAN" or "UUID" => $"{sql}::{target}",
            _ => null,
        };
        var declaration = target == "FLOAT" && FromTyped(sql, found, "DOUBLE") is not null ? "Declare the feature as Float64, or convert it" : "Convert it";
        return conversion is null ? string.Empty : $" {declaration}: Expressions[\"{column}\"] = \"{conversion}\".";
    }

    [GeneratedRegex("^[A-Za-z_][A-Za-z0-9_]*$")]
    private static partial Regex PlainName();

    private static string? FromTypedTime(string sql, string found) => found switch
    {
        "TIMESTAMP" => sql,
        "TIMESTAMP_S" or "TIMESTAMP_MS" or "DATE" => Cast(sql, "TIMESTAMP"),
        "TIMESTAMP WITH TIME ZONE" => $"make_timestamp(epoch_us({sql}))",
        // Integer division cuts towards zero, which is up for times before 1970.
        "TIMESTAMP_NS" => $"make_timestamp(CASE WHEN epoch_ns({sql}) > 0 THEN (epoch_ns({sql}) + 999) // 1000 ELSE epoch_ns({sql}) // 1000 END)",
        _ => null,
    };

    private static string Cast(string sql, string type) => $"CAST({sql} AS {type})";
}
