namespace Mlp.Spark.Tests.Servers;

/// <summary>Spark 4.3.0 that talks to workers by Unix sockets, whose tasks may fail three times, and whose streams end soon.</summary>
public sealed class Spark43UnixServer() : SparkServer("4.3.0")
{
    /// <inheritdoc/>
    protected override IReadOnlyList<string> ServerSettings => [RetryingTasks, UnixSockets, ShortStreams];
}
