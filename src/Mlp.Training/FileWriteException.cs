using Mlp.Runtime;

namespace Mlp.Training;

/// <summary>A model, weights, a result or a plot could not be saved. Nothing of it was left behind, and a file that was there before is still there.</summary>
/// <param name="path">Full path of the file.</param>
/// <param name="message">The sentence.</param>
/// <param name="innerException">What the operating system said; null where it was not asked.</param>
public sealed class FileWriteException(string path, string message, Exception? innerException = null) : MlPlatformException(message, innerException)
{
    /// <summary>Full path of the file.</summary>
    public string Path { get; } = path;
}
