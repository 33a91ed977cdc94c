using System.Text;
using Mlp.Runtime.Data;

namespace Mlp.Runtime.Models;

/// <summary>
/// The seal of a saved ONNX file: its last bytes are one entry more of its metadata (onnx.proto, ModelProto.metadata_props), with the SHA-256 of all bytes before it. A protobuf message may have its fields in any order,
/// so that other tools read the file as ever.
/// </summary>
internal static class ModelFileSeal
{
    /// <summary>The key of the seal.</summary>
    public const string Key = "mlp.file.sha256";

    /// <summary>Where a file says, within what is sealed, that it has a seal: a lost seal is told from a file of an earlier version.</summary>
    public const string MarkKey = "mlp.file.sealed";

    /// <summary>What it says there.</summary>
    public const string Mark = "true";

    private const int HashLength = 64;
    private const byte MetadataTag = (14 << 3) | 2;
    private const byte KeyTag = (1 << 3) | 2;
    private const byte ValueTag = (2 << 3) | 2;

    private static readonly byte[] Head = [MetadataTag, (byte)(Key.Length + HashLength + 4), KeyTag, (byte)Key.Length, .. Encoding.ASCII.GetBytes(Key), ValueTag, HashLength];

    /// <summary>The seal of a file.</summary>
    /// <param name="content">The file.</param>
    /// <returns>The bytes that follow it.</returns>
    public static byte[] Of(ReadOnlySpan<byte> content) => [.. Head, .. Encoding.ASCII.GetBytes(ContentHash.Of(content))];

    /// <summary>Whether a file ends in a seal.</summary>
    /// <param name="file">The file.</param>
    public static bool Ends(ReadOnlySpan<byte> file) => file.Length >= Head.Length + HashLength && file[^(Head.Length + HashLength)..].StartsWith(Head);

    /// <summary>Refuses a file that is not what was sealed.</summary>
    /// <param name="file">A file that ends in a seal.</param>
    /// <param name="path">Full path of the file, for the message.</param>
    /// <exception cref="CorruptFileException">It is not.</exception>
    public static void ThrowIfBroken(ReadOnlySpan<byte> file, string path)
    {
        var content = file[..^(Head.Length + HashLength)];
        if (!file[content.Length..].SequenceEqual(Of(content)))
        {
            throw Broken(path, "another hash");
        }
    }

    /// <summary>The exception for a file that is not what was sealed.</summary>
    /// <param name="path">Full path of the file.</param>
    /// <param name="found">What was found in the place of its seal.</param>
    public static CorruptFileException Broken(string path, string found) => new(
        path,
        $"Expected the model '{path}' as it was saved, with its SHA-256 at its end ('{Key}'), but found {found}: it was damaged or changed after it was saved. {nameof(ModelPackage)}.{nameof(ModelPackage.FromFile)}(path, output) takes it unchecked.");
}
