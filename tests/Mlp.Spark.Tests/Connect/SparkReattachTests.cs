using Mlp.Spark.Connect;
using Mlp.Spark.Tests.Servers;
using Mlp.TestSupport;

namespace Mlp.Spark.Tests.Connect;

/// <summary>Connections that break under queries of a real server, the same on every version.</summary>
public abstract class SparkReattachTests(SparkServer server)
{
    [SparkFact]
    public async Task Collect_ConnectionThatBreaksAgainAndAgain_GivesEveryRowOnce()
    {
        await using var relay = new CuttingRelay(await server.ConnectionAsync(), cuts: 3, bytesPerCut: 200_000);
        await using var session = await SparkSession.ConnectAsync(relay.Connection);
        await session.Settings.SetAsync("spark.sql.execution.arrow.maxRecordsPerBatch", "1000");

        var rows = await CollectedRows.OfAsync(session.Range(0, 200_000, partitionCount: 4));

        Assert.Equal(Enumerable.Range(0, 200_000).Select(i => (long?)i), rows.Int64(0));
        Assert.True(relay.Connections >= 4, $"{relay.Connections} connections");
    }

    [SparkFact]
    public async Task Write_ConnectionThatBreaks_GoesOnAndWritesOnce()
    {
        await using var relay = new CuttingRelay(await server.ConnectionAsync());
        await using var session = await SparkSession.ConnectAsync(relay.Connection);
        using var folder = new TempDirectory();
        var path = folder.Combine("out");

        var writing = session.Range(0, 10, partitionCount: 1).SelectSql("id", "reflect('java.lang.Thread', 'sleep', 100L) AS slept").Write.ParquetAsync(path);
        while (!Directory.Exists(path) && !writing.IsCompleted)
        {
            await Task.Delay(5);
        }

        relay.Cut();
        await writing;

        Assert.True(File.Exists(Path.Combine(path, "_SUCCESS")));
        Assert.Equal(10, await session.Read.Parquet(path).CountAsync());
        Assert.True(relay.Connections >= 2, $"{relay.Connections} connections");
    }

    [SparkFact]
    public async Task Collect_ServerThatIsNotFoundAgain_SaysThatTheResultIsLost()
    {
        await using var relay = new CuttingRelay(await server.ConnectionAsync());
        await using var session = await SparkSession.ConnectAsync(relay.Connection, new SparkSessionOptions { ReattachTimeout = TimeSpan.FromMilliseconds(300) });
        await session.Settings.SetAsync("spark.sql.execution.arrow.maxRecordsPerBatch", "1000");

        var error = await Assert.ThrowsAsync<SparkConnectionException>(async () =>
        {
            await foreach (var batch in session.Range(0, 5_000_000, partitionCount: 4).CollectAsync())
            {
                batch.Dispose();
                relay.Close();
            }
        });

        Assert.Contains("the result was lost", error.Message, StringComparison.Ordinal);
    }
}
