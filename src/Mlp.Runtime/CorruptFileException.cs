namespace Mlp.Runtime;

/// <summary>A file of the platform is missing, torn or not what was written.</summary>
/// <param name="path">Full path of the file.</param>
/// <param name="message">The sentence: what was expected, what was found.</param>
/// <param name="offset">Byte offset of the damage; -1 when it concerns the whole file.</param>
/// <param name="innerException">The cause.</param>
public sealed class CorruptFileException(string path, string message, long offset = -1, Exception? innerException = null)
    : MlPlatformException(message, innerException)
{
    /// <summary>Creates the exception for damage at a place.</summary>
    /// <param name="path">Full path of the file.</param>
    /// <param name="offset">Byte offset of the damage.</param>
    /// <param name="detail">What was expected and what was found there.</param>
    /// <param name="innerException">The cause.</param>
    public CorruptFileException(string path, long offset, string detail, Exception? innerException = null)
        : this(path, FormattableString.Invariant($"The file '{path}' is corrupt at offset {offset}: {detail}"), offset, innerException)
    {
    }

    /// <summary>Full path of the file.</summary>
    public string Path { get; } = path;

    /// <summary>Byte offset of the damage; -1 when it concerns the whole file.</summary>
    public long Offset { get; } = offset;
}
