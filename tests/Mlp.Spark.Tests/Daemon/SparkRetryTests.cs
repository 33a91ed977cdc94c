using Mlp.Spark.Tests.Connect;
using Mlp.Spark.Tests.Functions;
using Mlp.Spark.Tests.Servers;
using Mlp.TestSupport;

namespace Mlp.Spark.Tests.Daemon;

/// <summary>A daemon that is killed where Spark tries a task again. On a server of its own.</summary>
public abstract class SparkRetryTests(SparkServer server)
{
    private const int Rows = 40_000;
    private const int MarkedRow = 25_500;

    protected SparkServer Server => server;

    [SparkFact]
    public async Task Kill_DaemonWithinABatch_ItsTasksRunAgainOnAnother()
    {
        using var folder = new TempDirectory();
        var marker = folder.Combine("marker");
        await using var session = await server.ConnectAsync();
        var table = await TestMethods.MarkedAsync(session, Rows, partitions: 4, marker, MarkedRow);
        var running = CollectedRows.OfAsync(table.Apply(TestMethods.Named("Daemons.Wait"), TestMethods.ProcessColumns));

        var process = await TestMethods.WaitForProcessAsync(marker, running);
        SparkDaemonQueryTests.Kill(process);

        var rows = await running;
        var processOf = rows.Int64(0).Zip(rows.Int64(1)).ToDictionary(r => r.First!.Value, r => r.Second!.Value);
        Assert.Equal(Rows, rows.Int64(0).Count());
        Assert.Equal((long)Rows * (Rows - 1) / 2, rows.Int64(0).Sum());
        Assert.NotEqual(process, processOf[MarkedRow]);

        // The batches before it had been answered, and were thrown away with their task.
        Assert.Equal(processOf[MarkedRow], processOf[20_000]);
    }
}
