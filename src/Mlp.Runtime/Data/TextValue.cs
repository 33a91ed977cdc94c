namespace Mlp.Runtime.Data;

/// <summary>SQL that reads values from texts, as they stand in CSV and JSON files, where that loses nothing.</summary>
internal static class TextValue
{
    /// <summary>The type of vectors.</summary>
    internal const string VectorType = "FLOAT[]";

    private const string NumberForm = "[+-]?([0-9]+[.]?[0-9]*|[.][0-9]+)([eE][+-]?[0-9]+)?|[+-]?([iI]nf(inity)?|INF(INITY)?|[nN]a[nN]|NAN)";

    private const string JsonElementForm = NumberForm + """
        |"(NaN|-?Infinity)"|null
        """;

    /// <summary>The value of a text.</summary>
    /// <param name="sql">The text.</param>
    /// <param name="target">SQL type of the value.</param>
    internal static string FromText(string sql, string target) => target switch
    {
        // The names of numbers that JSON lacks stand in quotes.
        VectorType => $"TRY_CAST(replace(trim({sql}), '\"', '') AS {target})",
        "VARCHAR" => sql,
        "UUID" => $"CAST(TRY_CAST({sql} AS UUID) AS VARCHAR)",
        // The cast cuts digits after the microsecond; feature times are rounded up.
        "TIMESTAMP" => $"make_timestamp(epoch_us(TRY_CAST({sql} AS TIMESTAMPTZ)) + CASE WHEN regexp_matches({sql}, '\\.[0-9]{{6}}[0-9]*[1-9]') THEN 1 ELSE 0 END)",
        _ => $"TRY_CAST(trim({sql}) AS {target})",
    };

    /// <summary>True for a text that is not of a type. The casts alone would round 1.5 to 2 and make 1e999 infinite.</summary>
    /// <param name="sql">The text.</param>
    /// <param name="target">SQL type of the value.</param>
    /// <param name="isJson">Whether a list is written as in JSON: numbers, the names of those that JSON lacks as texts, nulls.</param>
    internal static string? IsBadText(string sql, string target, bool isJson)
    {
        if (target == VectorType)
        {
            return IsBadVectorText(sql, isJson ? JsonElementForm : NumberForm);
        }

        var form = target switch
        {
            "BIGINT" => "[+-]?[0-9]+",
            "FLOAT" or "DOUBLE" => NumberForm,
            _ => null,
        };
        var isMalformed = form is null ? string.Empty : $" OR NOT regexp_full_match(trim({sql}), {SqlText.Text(form)})";
        var isOverflow = target is "FLOAT" or "DOUBLE" ? $" OR (isinf({FromText(sql, target)}) AND NOT contains(lower({sql}), 'inf'))" : string.Empty;
        return target == "VARCHAR" ? null : $"({sql} IS NOT NULL AND ({FromText(sql, target)} IS NULL{isMalformed}{isOverflow}))";
    }

    /// <summary>True for a text that is no list of numbers like <c>[1, 2.5, 3]</c>, or has one too great for 32 bits: the cast would make it null or infinite.</summary>
    private static string IsBadVectorText(string sql, string element)
    {
        var value = FromText(sql, VectorType);
        var form = SqlText.Text($@"\[\s*({element})(\s*,\s*({element}))*\s*\]|\[\s*\]");
        var isOverflow = $"len(list_filter({value}, lambda x: isinf(x))) <> len(regexp_extract_all(lower({sql}), 'inf'))";
        return $"({sql} IS NOT NULL AND ({value} IS NULL OR NOT regexp_full_match(trim({sql}), {form}) OR {isOverflow}))";
    }
}
