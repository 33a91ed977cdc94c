namespace Mlp.Spark.Tests.Servers;

/// <summary>Spark 3.5.9 that starts a process for each task.</summary>
public sealed class Spark35SingleServer() : SparkServer("3.5.9")
{
    /// <inheritdoc/>
    protected override IReadOnlyList<string> ServerSettings => [ProcessPerTask];
}
