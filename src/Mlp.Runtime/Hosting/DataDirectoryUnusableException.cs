namespace Mlp.Runtime.Hosting;

/// <summary>The data directory cannot be used: it does not exist, or this process may not write it.</summary>
/// <param name="path">Full path of the data directory.</param>
/// <param name="message">The sentence.</param>
/// <param name="innerException">What the operating system said.</param>
public sealed class DataDirectoryUnusableException(string path, string message, Exception? innerException = null)
    : MlPlatformException(message, innerException)
{
    /// <summary>Full path of the data directory.</summary>
    public string Path { get; } = path;
}
