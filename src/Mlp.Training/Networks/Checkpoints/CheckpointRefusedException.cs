using Mlp.Runtime;

namespace Mlp.Training.Networks.Checkpoints;

/// <summary>A training cannot go on from a checkpoint, or cannot write one.</summary>
/// <param name="message">What was expected, what was found, where.</param>
/// <param name="path">The checkpoint or the folder.</param>
/// <param name="innerException">The cause.</param>
public sealed class CheckpointRefusedException(string message, string path, Exception? innerException = null) : MlPlatformException(message, innerException)
{
    /// <summary>The checkpoint or the folder.</summary>
    public string Path { get; } = path;
}
