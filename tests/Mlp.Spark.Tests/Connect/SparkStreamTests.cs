using Mlp.Spark.Tests.Servers;

namespace Mlp.Spark.Tests.Connect;

/// <summary>A server that ends streams before answers are whole.</summary>
public abstract class SparkStreamTests(SparkServer server)
{
    [SparkFact]
    public async Task Collect_StreamsThatTheServerEndsEarly_GivesEveryRowOnce()
    {
        await using var session = await server.ConnectAsync();
        await session.Settings.SetAsync("spark.sql.execution.arrow.maxRecordsPerBatch", "1000");

        var rows = await CollectedRows.OfAsync(session.Range(0, 100_000, partitionCount: 4));

        Assert.Equal(Enumerable.Range(0, 100_000).Select(i => (long?)i), rows.Int64(0));
    }
}
