using Mlp.Spark.Tests.Connect;
using Mlp.Spark.Tests.Servers;

namespace Mlp.Spark.Tests.Functions;

[Collection(SparkCollections.Spark43)]
public sealed class Spark43RecordedCaseTests(Spark43Server server) : SparkRecordedCaseTests(server)
{
    [SparkFact]
    public Task Functions_OfTheKindsOf43_AreRun() => RunKindsAsync([250, 251], [], [209]);

    [SparkFact]
    public async Task RegisteredFunction_WithNamedArguments_GetsEachUnderItsName()
    {
        await using var session = await Server.ConnectAsync();
        await session.RegisterFunctionAsync("linear", TestMethods.Named("Recorded.Linear"), "double");

        var rows = await CollectedRows.OfAsync(session.Sql("SELECT linear(b => b, a => a) AS s FROM VALUES (1L, 0.5D, 2.0D), (2L, -1.25D, 0.0D) AS t(id, a, b) ORDER BY id"));

        Assert.Equal([3.0, -2.5], rows.Double(0));
    }

    [SparkFact]
    public async Task Apply_PackedBatches_ComeBackAsTheyWere()
    {
        await using var session = await Server.ConnectAsync();
        foreach (var codec in new[] { "zstd", "lz4" })
        {
            await session.Settings.SetAsync("spark.sql.execution.arrow.compression.codec", codec);

            var rows = await CollectedRows.OfAsync(session.Range(0, 5000, partitionCount: 1).Apply(TestMethods.Named("Recorded.Echo"), "id bigint"));

            Assert.Equal(Enumerable.Range(0, 5000).Select(i => (long?)i), rows.Int64(0));
        }
    }
}
