using Mlp.Spark.Connect;
using Mlp.Spark.Tests.Functions;
using Mlp.Spark.Tests.Servers;

namespace Mlp.Spark.Tests.Daemon;

/// <summary>A process for each task, on a server of its own.</summary>
public abstract class SparkSingleTests(SparkServer server)
{
    [SparkFact]
    public async Task Apply_WithoutDaemon_RunsEachTaskInAProcessThatEnds()
    {
        var processes = await SparkLaunches.RunMethodAsync(server);

        Assert.Equal(4, processes.Count);
    }

    [SparkFact]
    public Task Score_WithoutDaemon_GivesTheScores() => SparkLaunches.ScoreAsync(server);

    [SparkFact]
    public async Task Apply_MethodThatThrowsWithoutDaemon_SaysItsSentence()
    {
        await using var session = await server.ConnectAsync();

        var error = await Assert.ThrowsAsync<SparkException>(() => session.Range(0, 3).Apply(TestMethods.Named("Faulty.Throw"), "id bigint").CountAsync());

        Assert.Contains("no such luck with", error.Message, StringComparison.Ordinal);
    }
}
