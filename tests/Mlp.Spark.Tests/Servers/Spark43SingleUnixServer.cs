namespace Mlp.Spark.Tests.Servers;

/// <summary>Spark 4.3.0 that starts a process for each task and talks to it by a Unix socket.</summary>
public sealed class Spark43SingleUnixServer() : SparkServer("4.3.0")
{
    /// <inheritdoc/>
    protected override IReadOnlyList<string> ServerSettings => [ProcessPerTask, UnixSockets];
}
