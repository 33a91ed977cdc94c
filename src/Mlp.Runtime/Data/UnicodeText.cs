using System.Text;
using System.Text.Unicode;

namespace Mlp.Runtime.Data;

/// <summary>
/// The one rule for texts that a model sees: valid Unicode. Models take UTF-8, which has no halves of surrogate pairs; whoever replaced them would give one text for different ones, so they are refused at every door.
/// </summary>
internal static class UnicodeText
{
    /// <summary>Where half of a surrogate pair stands.</summary>
    /// <param name="text">UTF-16.</param>
    /// <returns>Index of the first one; -1 where the text is valid.</returns>
    public static int FindInvalid(ReadOnlySpan<char> text)
    {
        // Not by a search in vector registers: until that is compiled for good it allocates, and texts of features are short.
        for (var i = 0; i < text.Length; i++)
        {
            if (!char.IsSurrogate(text[i]))
            {
                continue;
            }

            if (i + 1 == text.Length || !char.IsSurrogatePair(text[i], text[i + 1]))
            {
                return i;
            }

            i++;
        }

        return -1;
    }

    /// <summary>Where bytes are no UTF-8.</summary>
    /// <param name="utf8">The bytes.</param>
    /// <returns>Index of the first such byte; -1 where all are valid.</returns>
    public static int FindInvalid(ReadOnlySpan<byte> utf8)
    {
        if (Utf8.IsValid(utf8))
        {
            return -1;
        }

        var index = 0;
        while (Rune.DecodeFromUtf8(utf8[index..], out _, out var length) == System.Buffers.OperationStatus.Done)
        {
            index += length;
        }

        return index;
    }
}
