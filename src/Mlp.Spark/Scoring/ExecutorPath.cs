namespace Mlp.Spark.Scoring;

/// <summary>Paths that executors open with the calls of their operating system.</summary>
internal static class ExecutorPath
{
    /// <summary>Refuses what is no such path.</summary>
    /// <param name="path">The path.</param>
    /// <param name="what">What lies there, for the message.</param>
    /// <param name="parameter">Name of the caller's parameter.</param>
    /// <exception cref="ArgumentException">It is a URI, or relative.</exception>
    public static void Require(string path, string what, string parameter)
    {
        RequireNoUri(path, what, parameter);
        if (path[0] != '/')
        {
            throw new ArgumentException($"Expected an absolute path that every executor sees for the {what}, but found '{path}'.", parameter);
        }
    }

    /// <summary>Refuses a URI.</summary>
    /// <param name="path">The path, absolute or relative to the folder in which executors run.</param>
    /// <param name="what">What lies there, for the message.</param>
    /// <param name="parameter">Name of the caller's parameter.</param>
    /// <exception cref="ArgumentException">It is a URI.</exception>
    public static void RequireNoUri(string path, string what, string parameter)
    {
        ArgumentException.ThrowIfNullOrWhiteSpace(path, parameter);
        var scheme = path.IndexOf("://", StringComparison.Ordinal);
        if (scheme > 0)
        {
            throw new ArgumentException(
                $"Expected a path of the executors' file system for the {what}, but found '{path}': the worker does not read {path[..scheme]}://. Mount the storage as a folder, or send the file along with the session.",
                parameter);
        }
    }
}
