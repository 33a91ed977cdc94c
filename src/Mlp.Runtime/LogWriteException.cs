namespace Mlp.Runtime;

/// <summary>A log could not be written or flushed, for example because the disk is full. It takes nothing more until it is opened again.</summary>
/// <remarks>What was acknowledged before is safe; what waited to be acknowledged is lost.</remarks>
public sealed class LogWriteException : MlPlatformException
{
    /// <summary>Creates the exception.</summary>
    /// <param name="path">Path of the log.</param>
    /// <param name="durableLength">Length in bytes up to which the log is on the device.</param>
    /// <param name="innerException">What the operating system reported.</param>
    public LogWriteException(string path, long durableLength, Exception innerException)
        : base(Describe(path, durableLength, innerException), innerException)
    {
        Path = path;
        DurableLength = durableLength;
    }

    /// <summary>Path of the log.</summary>
    public string Path { get; }

    /// <summary>Length in bytes up to which the log is on the device; all that was acknowledged lies below it.</summary>
    public long DurableLength { get; }

    private static string Describe(string path, long durableLength, Exception innerException)
    {
        ArgumentNullException.ThrowIfNull(innerException);
        return FormattableString.Invariant(
            $"The log '{path}' could not be written beyond its first {durableLength} bytes and takes nothing more until it is opened again: {innerException.Message}");
    }
}
