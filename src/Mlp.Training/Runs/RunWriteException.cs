using Mlp.Runtime;

namespace Mlp.Training.Runs;

/// <summary>The disk refused what a run has logged. Entries wait in memory and are tried again.</summary>
/// <param name="path">Full path of the run's folder.</param>
/// <param name="message">The sentence.</param>
/// <param name="innerException">What the operating system said.</param>
public sealed class RunWriteException(string path, string message, Exception innerException) : MlPlatformException(message, innerException)
{
    /// <summary>Full path of the run's folder.</summary>
    public string Path { get; } = path;

    /// <inheritdoc/>
    public override bool IsTransient => true;
}
