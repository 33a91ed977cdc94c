using System.Buffers;
using System.Security.Cryptography;

namespace Mlp.Runtime.Models;

/// <summary>SHA-256 as the platform writes it: 64 lower-case hexadecimal digits.</summary>
internal static class ContentHash
{
    private static readonly SearchValues<char> Digits = SearchValues.Create("0123456789abcdef");

    /// <summary>The hash of bytes.</summary>
    /// <param name="content">The bytes.</param>
    public static string Of(ReadOnlySpan<byte> content) => Convert.ToHexStringLower(SHA256.HashData(content));

    /// <summary>The hash of what is left of a stream.</summary>
    /// <param name="content">The stream.</param>
    public static string Of(Stream content) => Convert.ToHexStringLower(SHA256.HashData(content));

    /// <summary>The hash of a file, which is read in parts.</summary>
    /// <param name="path">Path of the file.</param>
    /// <param name="cancellationToken">Ends the read.</param>
    public static async Task<string> OfFileAsync(string path, CancellationToken cancellationToken)
    {
        var stream = new FileStream(path, FileMode.Open, FileAccess.Read, FileShare.Read | FileShare.Delete, bufferSize: 0, FileOptions.Asynchronous | FileOptions.SequentialScan);
        await using (stream.ConfigureAwait(false))
        {
            return Convert.ToHexStringLower(await SHA256.HashDataAsync(stream, cancellationToken).ConfigureAwait(false));
        }
    }

    /// <summary>Whether text is a hash in that form; only then may it become part of a path.</summary>
    /// <param name="text">The text.</param>
    public static bool IsValid(string? text) => text is { Length: 64 } && !text.AsSpan().ContainsAnyExcept(Digits);
}
