namespace Mlp.Runtime;

/// <summary>A file of the data directory does not hold what was written to it.</summary>
public sealed class CorruptFileException : MlPlatformException
{
    /// <summary>Creates the exception.</summary>
    /// <param name="path">Path of the file.</param>
    /// <param name="offset">Offset in bytes from the start of the file at which the content stops making sense.</param>
    /// <param name="detail">What was expected and what was found there, as one sentence.</param>
    /// <param name="innerException">The cause, or null.</param>
    public CorruptFileException(string path, long offset, string detail, Exception? innerException = null)
        : base(FormattableString.Invariant($"The file '{path}' is corrupt at offset {offset}: {detail}"), innerException)
    {
        Path = path;
        Offset = offset;
    }

    /// <summary>Path of the file.</summary>
    public string Path { get; }

    /// <summary>Offset in bytes from the start of the file at which the content stops making sense.</summary>
    public long Offset { get; }
}
