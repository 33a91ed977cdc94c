using Mlp.Spark.Connect;
using Mlp.Spark.Tests.Servers;
using Mlp.TestSupport;

namespace Mlp.Spark.Tests.Connect;

/// <summary>A real server that is started anew on its port, the same on every version.</summary>
public abstract class SparkRestartTests(string version)
{
    private const string Hour = "SELECT bigint(hour(timestamp_seconds(0))) AS hour";

    [SparkFact]
    public async Task Session_OnAServerStartedAnew_IsRefusedUntilANewOneIsMade()
    {
        await using var before = await SparkConnectServer.StartAsync(version, SparkServer.Worker, []);
        await using var session = await SparkSession.ConnectAsync(before.Connection, new SparkSessionOptions { WorkerPath = SparkServer.Worker });
        await session.Settings.SetAsync("spark.sql.session.timeZone", "Asia/Tokyo");
        Assert.Equal(9L, (await CollectedRows.OfAsync(session.Sql(Hour))).Int64(0).Single());

        await before.DisposeAsync();
        await using var after = await SparkConnectServer.StartAsync(version, SparkServer.Worker, [], port: before.Port);

        Assert.All(
            [
                await Assert.ThrowsAsync<SparkException>(() => CollectedRows.OfAsync(session.Sql(Hour))),
                await Assert.ThrowsAsync<SparkException>(() => session.Sql(Hour).GetSchemaAsync()),
                await Assert.ThrowsAsync<SparkException>(() => session.Settings.GetAsync("spark.sql.session.timeZone")),
                await Assert.ThrowsAsync<SparkException>(() => CollectedRows.OfAsync(session.Sql(Hour))),
            ],
            error =>
            {
                Assert.Contains("to have the session still, but it has been started anew", error.Message, StringComparison.Ordinal);
                Assert.Equal(("INVALID_HANDLE.SESSION_CHANGED", false), (error.ErrorClass, error.IsTransient));

                // Spark 4 refuses the request itself; on Spark 3.5 it is not sent.
                Assert.Equal(!version.StartsWith("3.", StringComparison.Ordinal), error.ServerMessage.Contains("The handle", StringComparison.Ordinal));
            });

        await using var next = await SparkSession.ConnectAsync(after.Connection);
        await next.Settings.SetAsync("spark.sql.session.timeZone", "Asia/Tokyo");
        Assert.Equal(9L, (await CollectedRows.OfAsync(next.Sql(Hour))).Int64(0).Single());
    }
}
