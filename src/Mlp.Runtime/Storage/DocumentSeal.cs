using System.IO.Hashing;
using System.Text;

namespace Mlp.Runtime.Storage;

/// <summary>
/// The checksum of a JSON document: its last property, <c>checksum</c>, is the XxHash128 of the document without it, so that a rotten bit or an edit by hand is noticed. A document
/// without one is as good as before there were any; who changes a document on purpose removes the property.
/// </summary>
internal static class DocumentSeal
{
    private const int DigitCount = 32;

    private static readonly byte[] Start = ",\n  \"checksum\": \""u8.ToArray();
    private static readonly byte[] End = "\"\n}"u8.ToArray();

    /// <summary>Adds the checksum.</summary>
    /// <param name="json">An indented object that is not empty.</param>
    public static byte[] Add(ReadOnlySpan<byte> json)
    {
        var body = Body(json);
        return [.. body, .. Start, .. Encoding.ASCII.GetBytes(HashOf(body)), .. End];
    }

    /// <summary>Checks the checksum, where there is one, and takes it off: it belongs to the file and not to what the file says.</summary>
    /// <param name="json">The bytes of the file.</param>
    /// <param name="path">Path of the file, for the message.</param>
    /// <returns>The document without it.</returns>
    /// <exception cref="CorruptFileException">The document is not what was written.</exception>
    public static ReadOnlySpan<byte> Open(ReadOnlySpan<byte> json, string path)
    {
        var length = Start.Length + DigitCount + End.Length;
        if (json.Length <= length || !json.EndsWith(End) || !json[^length..].StartsWith(Start))
        {
            return json;
        }

        var digits = Encoding.ASCII.GetString(json.Slice(json.Length - End.Length - DigitCount, DigitCount));
        if (HashOf(json[..^length]) != digits)
        {
            throw new CorruptFileException(
                path, $"Expected '{path}' to hold what was written, but its content has another checksum than it says: it is damaged, or was changed by hand.");
        }

        return (byte[])[.. json[..^length], .. "\n}"u8];
    }

    /// <summary>The object without its closing brace.</summary>
    private static ReadOnlySpan<byte> Body(ReadOnlySpan<byte> json)
    {
        var trimmed = json.TrimEnd("\r\n\t "u8);
        return trimmed.EndsWith("}"u8)
            ? trimmed[..^1].TrimEnd("\r\n\t "u8)
            : throw new ArgumentException("Expected a JSON object to seal, but found something else.", nameof(json));
    }

    private static string HashOf(ReadOnlySpan<byte> body) => Convert.ToHexStringLower(XxHash128.Hash(body));
}
