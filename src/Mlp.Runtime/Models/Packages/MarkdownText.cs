using System.Buffers;
using System.Globalization;
using System.Text;

namespace Mlp.Runtime.Models.Packages;

/// <summary>Text of strangers within Markdown.</summary>
internal static class MarkdownText
{
    /// <summary>Every ASCII character that CommonMark or a table gives a meaning; a backslash before it takes that away (CommonMark 0.31, section 2.4).</summary>
    private static readonly SearchValues<char> Special = SearchValues.Create("\\`*_{}[]()#+-.!|<>&~:/@^=$\"'");

    /// <summary>Text as it is, on one line.</summary>
    /// <param name="text">The text.</param>
    public static string Escape(string text)
    {
        var escaped = new StringBuilder(text.Length + 8);
        foreach (var rune in text.EnumerateRunes())
        {
            if (IsInvisible(rune))
            {
                escaped.Append(' ');
                continue;
            }

            if (rune.IsBmp && Special.Contains((char)rune.Value))
            {
                // Where HTML is let through it is let through before backslashes are looked at.
                escaped.Append((char)rune.Value switch { '<' => "&lt;", '>' => "&gt;", '&' => "&amp;", var c => "\\" + c });
                continue;
            }

            escaped.Append(rune.ToString());
        }

        return escaped.ToString().Trim();
    }

    /// <summary>Text as a C# string within a block of code, which it cannot end.</summary>
    /// <param name="text">The text.</param>
    public static string Literal(string text)
    {
        var literal = new StringBuilder("\"");
        foreach (var c in text)
        {
            _ = char.IsAsciiLetterOrDigit(c) || c is '-' or '_' or '.' or ' ' ? literal.Append(c) : literal.Append(CultureInfo.InvariantCulture, $"\\u{(int)c:x4}");
        }

        return literal.Append('"').ToString();
    }

    /// <summary>Line ends, controls, and what turns the direction of text around.</summary>
    private static bool IsInvisible(Rune rune)
        => Rune.GetUnicodeCategory(rune) is UnicodeCategory.Control or UnicodeCategory.Format or UnicodeCategory.LineSeparator or UnicodeCategory.ParagraphSeparator;
}
