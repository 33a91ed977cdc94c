using Mlp.Runtime.Data;

namespace Mlp.Features.Ingestion;

/// <summary>Which texts are taken: valid Unicode. Whoever replaced half of a surrogate pair would make one text, and one key, of different ones.</summary>
internal static class TextRule
{
    /// <summary>What was expected, for messages.</summary>
    internal const string Expected = "texts of valid Unicode";

    /// <summary>What is wrong with a text, for messages; null when it is taken.</summary>
    /// <param name="text">UTF-16.</param>
    internal static string? FindFault(ReadOnlySpan<char> text)
        => UnicodeText.FindInvalid(text) is >= 0 and var position ? FormattableString.Invariant($"a surrogate without its pair at position {position}") : null;

    /// <summary>What is wrong with the bytes of a text, for messages; null when they are taken.</summary>
    /// <param name="utf8">The bytes.</param>
    internal static string? FindFault(ReadOnlySpan<byte> utf8)
        => UnicodeText.FindInvalid(utf8) is >= 0 and var position ? FormattableString.Invariant($"a byte that is no UTF-8 at position {position}") : null;
}
