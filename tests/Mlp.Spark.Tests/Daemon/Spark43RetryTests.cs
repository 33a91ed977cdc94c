using Mlp.Spark.Tests.Servers;

namespace Mlp.Spark.Tests.Daemon;

/// <summary>By Unix sockets, which only 4.1 and later have.</summary>
[Collection(SparkCollections.Spark43Unix)]
public sealed class Spark43RetryTests(Spark43UnixServer server) : SparkRetryTests(server)
{
    [SparkFact]
    public async Task Apply_ByAUnixSocket_GivesTheRowsOfOneDaemon()
    {
        var process = Assert.Single(await SparkLaunches.RunMethodAsync(Server));

        var variables = (await File.ReadAllTextAsync(FormattableString.Invariant($"/proc/{process}/environ"))).Split('\0');
        Assert.Contains("PYTHON_UNIX_DOMAIN_ENABLED=True", variables);
        Assert.DoesNotContain(variables, v => v.StartsWith("PYTHON_WORKER_FACTORY_SECRET=", StringComparison.Ordinal));
    }

    [SparkFact]
    public Task Score_ByAUnixSocket_GivesTheScores() => SparkLaunches.ScoreAsync(Server);

    [SparkFact]
    public Task Interrupt_TaskThatComputesByAUnixSocket_TellsItAndKeepsTheDaemon() => SparkLaunches.InterruptAsync(Server);
}
