namespace Mlp.Spark.Tests.Servers;

/// <summary>Spark 4.3.0 that starts a process for each task.</summary>
public sealed class Spark43SingleServer() : SparkServer("4.3.0")
{
    /// <inheritdoc/>
    protected override IReadOnlyList<string> ServerSettings => [ProcessPerTask];
}
