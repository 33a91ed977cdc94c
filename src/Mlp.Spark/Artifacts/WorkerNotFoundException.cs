using Mlp.Runtime;

namespace Mlp.Spark.Artifacts;

/// <summary>There is no worker to send to the executors.</summary>
public sealed class WorkerNotFoundException : MlPlatformException
{
    internal WorkerNotFoundException(string message, string path)
        : base(message)
        => Path = path;

    /// <summary>Where it was looked for.</summary>
    public string Path { get; }
}
