using Mlp.Spark.Connect;
using Mlp.Spark.Connect.Protocol;
using Mlp.Spark.Tests.Servers;

namespace Mlp.Spark.Tests.Connect;

/// <summary>Servers that lose the session, played.</summary>
public sealed class ServerSessionTests
{
    [Fact]
    public async Task Requests_BehindTheFirstAnswer_NameTheServersSession()
    {
        await using var server = await PlayedServer.StartAsync();
        await using var session = await SparkSession.ConnectAsync(server.Connection);

        await session.GetVersionAsync();
        await session.Settings.SetAsync("a", "b");
        await session.InterruptAsync();
        await CollectedRows.OfAsync(session.Range(0, 1));
        await session.Artifacts.AddFileAsync(typeof(ServerSessionTests).Assembly.Location, "a.dll");
        await server.Spark.ExecutionReleased.Task;

        var named = server.Spark.Requests.Cast<ISessionRequest>().Select(r => r.ClientObservedServerSideSessionId).ToList();
        Assert.Equal(string.Empty, named[0]);
        Assert.All(named.Skip(1), n => Assert.Equal("server-1", n));
        Assert.True(named.Count >= 7, $"{named.Count} requests");
    }

    [Theory]
    [InlineData("server-1", "server-2")]
    [InlineData("", "")]
    public async Task Calls_OnAServerStartedAnew_AreRefused(string before, string after)
    {
        await using var server = await PlayedServer.StartAsync(new PlayedSpark { ServerSessionId = before });
        await using var session = await SparkSession.ConnectAsync(server.Connection);
        await session.Settings.SetAsync("spark.sql.session.timeZone", "Asia/Tokyo");
        await CollectedRows.OfAsync(session.Range(0, 1));

        server.Spark.ServerSessionId = after;

        Assert.All(
            [
                await Assert.ThrowsAsync<SparkException>(() => CollectedRows.OfAsync(session.Range(0, 1))),
                await Assert.ThrowsAsync<SparkException>(() => session.GetVersionAsync()),
                await Assert.ThrowsAsync<SparkException>(() => session.Settings.GetAsync("spark.sql.session.timeZone")),
            ],
            error =>
            {
                Assert.Equal(
                    $"Expected the Spark Connect server '{server.Connection}' to have the session still, but it has been started anew or has forgotten the session. Its settings, views, functions and files are gone; make a new session.",
                    error.Message);
                Assert.Equal(("INVALID_HANDLE.SESSION_CHANGED", false), (error.ErrorClass, error.IsTransient));
            });
    }

    [Fact]
    public async Task Query_WhereTheServerDoesNotNameItsSession_IsNotSentToAnEmptyOne()
    {
        await using var server = await PlayedServer.StartAsync(new PlayedSpark { ServerSessionId = string.Empty });
        await using var session = await SparkSession.ConnectAsync(server.Connection);
        await CollectedRows.OfAsync(session.Range(0, 1));

        server.Spark.ServerSessionId = string.Empty;

        await Assert.ThrowsAsync<SparkException>(() => CollectedRows.OfAsync(session.Range(0, 1)));
        Assert.Single(server.Spark.Requests.OfType<ExecutePlanRequest>());
    }

    [Fact]
    public async Task Sessions_OfOneId_ShareTheMark()
    {
        await using var server = await PlayedServer.StartAsync(new PlayedSpark { ServerSessionId = string.Empty });
        var connection = $"{server.Connection}/;session_id={Guid.NewGuid():D}";
        await using var first = await SparkSession.ConnectAsync(connection);
        await using var second = await SparkSession.ConnectAsync(connection);

        Assert.Equal("4.3.0", await first.GetVersionAsync());
        Assert.Equal("4.3.0", await second.GetVersionAsync());
    }

    [Fact]
    public async Task Collect_PartsOfTwoSessions_AreNotMixed()
    {
        await using var server = await PlayedServer.StartAsync(new PlayedSpark
        {
            Execute = async (_, answers, _) =>
            {
                await answers.WriteAsync(PlayedSpark.Part("a", 1));
                await answers.WriteAsync(new ExecutePlanResponse(PlayedSpark.Part("b", 2)) { ServerSideSessionId = "server-2" });
            },
        });
        await using var session = new SparkSession(SparkConnectionString.Parse(server.Connection));

        Assert.Equal("INVALID_HANDLE.SESSION_CHANGED", (await Assert.ThrowsAsync<SparkException>(() => CollectedRows.OfAsync(session.Range(0, 2)))).ErrorClass);
    }

    [Theory]
    [InlineData("INVALID_HANDLE.SESSION_CLOSED", "but the session was closed: it was released, or idle for longer than 'spark.connect.session.manager.defaultSessionTimeout'. Its settings")]
    [InlineData("INVALID_HANDLE.SESSION_NOT_FOUND", "but it does not know the session. Its settings")]
    public async Task Query_OfASessionThatTheServerDoesNotHave_IsToldInASentence(string errorClass, string expected)
    {
        await using var server = await PlayedServer.StartAsync(new PlayedSpark { Execute = (_, _, _) => throw PlayedSpark.Refusal(errorClass) });
        await using var session = await SparkSession.ConnectAsync(server.Connection);

        var error = await Assert.ThrowsAsync<SparkException>(() => CollectedRows.OfAsync(session.Range(0, 1)));

        Assert.Contains(expected, error.Message, StringComparison.Ordinal);
        Assert.EndsWith("make a new session.", error.Message, StringComparison.Ordinal);
        Assert.Equal(errorClass, error.ErrorClass);
        Assert.StartsWith($"[{errorClass}]", error.ServerMessage, StringComparison.Ordinal);
    }
}
