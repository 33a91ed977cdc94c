using Mlp.Spark.Tests.Functions;
using Mlp.Spark.Tests.Servers;
using Mlp.TestSupport;

namespace Mlp.Spark.Tests.Daemon;

/// <summary>A process for each task, by Unix sockets.</summary>
[Collection(SparkCollections.Spark43SingleUnix)]
public sealed class Spark43SingleUnixTests(Spark43SingleUnixServer server)
{
    [SparkFact]
    public async Task Apply_WithoutDaemon_MeetsTheProcessAtItsSocket()
    {
        using var folder = new TempDirectory();
        var marker = folder.Combine("marker");
        await using var session = await server.ConnectAsync();
        var table = await TestMethods.MarkedAsync(session, 2000, partitions: 1, marker, at: 1500);
        var running = table.Apply(TestMethods.Named("Daemons.Wait"), TestMethods.ProcessColumns).CountAsync();

        var process = await TestMethods.WaitForProcessAsync(marker, running);

        var variables = (await File.ReadAllTextAsync(FormattableString.Invariant($"/proc/{process}/environ"))).Split('\0');
        Assert.Contains(variables, v => v.StartsWith("PYTHON_WORKER_FACTORY_SOCK_PATH=/", StringComparison.Ordinal));
        Assert.DoesNotContain(variables, v => v.StartsWith("PYTHON_WORKER_FACTORY_PORT=", StringComparison.Ordinal));
        await File.WriteAllTextAsync(marker + ".go", string.Empty);
        Assert.Equal(2000, await running);
    }

    [SparkFact]
    public Task Score_WithoutDaemon_GivesTheScores() => SparkLaunches.ScoreAsync(server);
}
