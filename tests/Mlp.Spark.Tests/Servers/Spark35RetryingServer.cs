namespace Mlp.Spark.Tests.Servers;

/// <summary>Spark 3.5.9 whose tasks may fail three times, and whose streams end soon.</summary>
public sealed class Spark35RetryingServer() : SparkServer("3.5.9")
{
    /// <inheritdoc/>
    protected override IReadOnlyList<string> ServerSettings => [RetryingTasks, ShortStreams];
}
