using System.Globalization;

namespace Mlp.Features.Ingestion;

/// <summary>Looks into a text that stands for a vector and is none, for the element to blame.</summary>
internal static class VectorText
{
    private static readonly string[] JsonWords = ["\"NaN\"", "\"Infinity\"", "\"-Infinity\"", "null"];

    /// <summary>The first element that is no number of 32 bits.</summary>
    /// <param name="text">A text like <c>[1, 2.5]</c>.</param>
    /// <param name="isJson">Whether the words of JSON stand for what JSON has no numbers for.</param>
    /// <returns>Its place from 1; null where the text is no list at all.</returns>
    internal static int? FindBadElement(string text, bool isJson)
    {
        var trimmed = text.AsSpan().Trim();
        if (trimmed.Length < 2 || trimmed[0] != '[' || trimmed[^1] != ']')
        {
            return null;
        }

        var number = 0;
        var elements = trimmed[1..^1];
        foreach (var range in elements.Split(','))
        {
            number++;
            if (!IsNumber(elements[range].Trim().ToString(), isJson))
            {
                return number;
            }
        }

        return null;
    }

    private static bool IsNumber(string element, bool isJson)
    {
        if (isJson && JsonWords.Contains(element, StringComparer.Ordinal))
        {
            return true;
        }

        return float.TryParse(element, NumberStyles.Float, CultureInfo.InvariantCulture, out var value) && (!float.IsInfinity(value) || element.Contains("inf", StringComparison.OrdinalIgnoreCase))
            || element.TrimStart('+', '-').ToUpperInvariant() is "INF" or "NAN";
    }
}
