using Mlp.Features.Interop;

namespace Mlp.Features.Ingestion;

/// <summary>SQL that brings the columns of a file into their stored types, where that loses nothing.</summary>
internal static class FileColumns
{
    private const string NumberForm = "[+-]?([0-9]+[.]?[0-9]*|[.][0-9]+)([eE][+-]?[0-9]+)?|[+-]?([iI]nf(inity)?|INF(INITY)?|[nN]a[nN]|NAN)";

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

    /// <summary>The value of a text.</summary>
    internal static string FromText(string sql, string target) => target switch
    {
        "VARCHAR" => sql,
        "UUID" => $"CAST(TRY_CAST({sql} AS UUID) AS VARCHAR)",
        // The cast cuts digits after the microsecond; feature times are rounded up.
        "TIMESTAMP" => $"make_timestamp(epoch_us(TRY_CAST({sql} AS TIMESTAMPTZ)) + CASE WHEN regexp_matches({sql}, '\\.[0-9]{{6}}[0-9]*[1-9]') THEN 1 ELSE 0 END)",
        _ => $"TRY_CAST(trim({sql}) AS {target})",
    };

    /// <summary>True for a text that is not of a type. The casts alone would round 1.5 to 2 and make 1e999 infinite.</summary>
    internal static string? IsBadText(string sql, string target)
    {
        if (target == Sql.VectorType)
        {
            return IsBadVectorText(sql);
        }

        var form = target switch
        {
            "BIGINT" => "[+-]?[0-9]+",
            "FLOAT" or "DOUBLE" => NumberForm,
            _ => null,
        };
        var isMalformed = form is null ? string.Empty : $" OR NOT regexp_full_match(trim({sql}), {Sql.Text(form)})";
        var isOverflow = target is "FLOAT" or "DOUBLE" ? $" OR (isinf({FromText(sql, target)}) AND NOT contains(lower({sql}), 'inf'))" : string.Empty;
        return target == "VARCHAR" ? null : $"({sql} IS NOT NULL AND ({FromText(sql, target)} IS NULL{isMalformed}{isOverflow}))";
    }

    /// <summary>True for a text that is no list of numbers like <c>[1, 2.5, 3]</c>, or has one too great for 32 bits: the cast would make it null or infinite.</summary>
    private static string IsBadVectorText(string sql)
    {
        var value = FromText(sql, Sql.VectorType);
        var form = Sql.Text($@"\[\s*({NumberForm})(\s*,\s*({NumberForm}))*\s*\]|\[\s*\]");
        var isOverflow = $"len(list_filter({value}, lambda x: isinf(x))) <> len(regexp_extract_all(lower({sql}), 'inf'))";
        return $"({sql} IS NOT NULL AND ({value} IS NULL OR NOT regexp_full_match(trim({sql}), {form}) OR {isOverflow}))";
    }

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
