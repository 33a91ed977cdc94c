namespace Mlp.Runtime.Scoring;

/// <summary>A file cannot be scored: it is missing, unreadable or does not fit the model, or the output is in the way.</summary>
public sealed class FileScoringException : MlPlatformException
{
    internal FileScoringException(string path, string message, Exception? innerException = null)
        : base(message, innerException)
        => Path = path;

    /// <summary>The file that the sentence is about.</summary>
    public string Path { get; }
}
