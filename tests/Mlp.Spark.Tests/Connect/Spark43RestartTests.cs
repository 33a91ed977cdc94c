using Mlp.Spark.Connect;
using Mlp.Spark.Tests.Servers;

namespace Mlp.Spark.Tests.Connect;

[Collection(SparkCollections.Spark43)]
public sealed class Spark43RestartTests(Spark43Server server) : SparkRestartTests("4.3.0")
{
    [SparkFact]
    public async Task Session_ThatWasReleased_IsToldInASentence()
    {
        var connection = $"{await server.ConnectionAsync()}/;session_id={Guid.NewGuid():D}";
        await using var session = await SparkSession.ConnectAsync(connection);
        await (await SparkSession.ConnectAsync(connection)).DisposeAsync();

        var error = await Assert.ThrowsAsync<SparkException>(() => CollectedRows.OfAsync(session.Range(0, 1)));

        Assert.Contains("but the session was closed: it was released, or idle for longer than", error.Message, StringComparison.Ordinal);
        Assert.Equal("INVALID_HANDLE.SESSION_CLOSED", error.ErrorClass);
    }
}
