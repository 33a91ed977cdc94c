using System.Globalization;
using System.Text;
using System.Text.Json.Serialization;

namespace Mlp.Training.Preprocessing.Texts;

/// <summary>How a text is cut into terms: tokens, and runs of several of them.</summary>
/// <param name="Terms">What a token is.</param>
/// <param name="Shortest">Tokens of the shortest term, at least 1.</param>
/// <param name="Longest">Tokens of the longest term.</param>
/// <param name="KeepsCase">Whether A to Z stay; else they become a to z, and no other letter changes.</param>
internal sealed record TextRule(TextTerms Terms = TextTerms.Words, int Shortest = 1, int Longest = 1, bool KeepsCase = false)
{
    private const int ShortestWord = 2;

    /// <summary>A token, for ONNX Runtime's Tokenizer (RE2).</summary>
    [JsonIgnore]
    public string Pattern => Terms == TextTerms.Letters ? "(?s)." : @"[\p{L}\p{M}\p{N}_]{2,}";

    /// <summary>The terms of a text, in order, as often as they occur.</summary>
    public IEnumerable<string> Cut(string text)
    {
        var tokens = TokensIn(text);
        for (var length = Shortest; length <= Longest; length++)
        {
            for (var first = 0; first + length <= tokens.Count; first++)
            {
                yield return Join(tokens.Skip(first).Take(length));
            }
        }
    }

    /// <summary>The tokens of a text, in order.</summary>
    public IReadOnlyList<string> TokensIn(string text) => Terms == TextTerms.Letters ? [.. Lower(text).EnumerateRunes().Select(r => r.ToString())] : Words(Lower(text));

    /// <summary>The tokens of a term.</summary>
    public string[] TokensOf(string term) => Terms == TextTerms.Letters ? [.. term.EnumerateRunes().Select(r => r.ToString())] : term.Split(' ');

    private string Join(IEnumerable<string> tokens) => string.Join(Terms == TextTerms.Letters ? string.Empty : " ", tokens);

    private string Lower(string text) => KeepsCase ? text : string.Create(text.Length, text, (letters, source) =>
    {
        for (var i = 0; i < letters.Length; i++)
        {
            letters[i] = char.IsAsciiLetterUpper(source[i]) ? (char)(source[i] | 0x20) : source[i];
        }
    });

    private static List<string> Words(string text)
    {
        var words = new List<string>();
        var word = new StringBuilder();
        var length = 0;
        foreach (var rune in text.EnumerateRunes())
        {
            if (IsOfWord(rune))
            {
                word.Append(rune);
                length++;
                continue;
            }

            End();
        }

        End();
        return words;

        void End()
        {
            if (length >= ShortestWord)
            {
                words.Add(word.ToString());
            }

            word.Clear();
            length = 0;
        }
    }

    private static bool IsOfWord(Rune rune) => rune.Value == '_' || Rune.GetUnicodeCategory(rune) is
        UnicodeCategory.UppercaseLetter or UnicodeCategory.LowercaseLetter or UnicodeCategory.TitlecaseLetter or UnicodeCategory.ModifierLetter or UnicodeCategory.OtherLetter
        or UnicodeCategory.NonSpacingMark or UnicodeCategory.SpacingCombiningMark or UnicodeCategory.EnclosingMark
        or UnicodeCategory.DecimalDigitNumber or UnicodeCategory.LetterNumber or UnicodeCategory.OtherNumber;
}
