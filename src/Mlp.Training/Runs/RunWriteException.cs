using Mlp.Runtime;

namespace Mlp.Training.Runs;

/// <summary>The disk refused what a run has logged. Entries wait in memory and are tried again, or are lost for good (<see cref="LostEntryCount"/>).</summary>
public sealed class RunWriteException : MlPlatformException
{
    /// <summary>Says that entries wait.</summary>
    /// <param name="path">Full path of the run's folder.</param>
    /// <param name="message">The sentence.</param>
    /// <param name="innerException">What the operating system said.</param>
    public RunWriteException(string path, string message, Exception innerException)
        : base(message, innerException)
        => Path = path;

    /// <summary>Says that entries are lost.</summary>
    /// <param name="path">Full path of the run's folder.</param>
    /// <param name="message">The sentence.</param>
    /// <param name="lostEntryCount">How many, above 0.</param>
    public RunWriteException(string path, string message, long lostEntryCount)
        : base(message)
        => (Path, LostEntryCount) = (path, lostEntryCount);

    /// <summary>Full path of the run's folder.</summary>
    public string Path { get; }

    /// <summary>Entries that are lost for good while all others are on the device; 0 when entries wait.</summary>
    public long LostEntryCount { get; }

    /// <inheritdoc/>
    public override bool IsTransient => LostEntryCount == 0;
}
