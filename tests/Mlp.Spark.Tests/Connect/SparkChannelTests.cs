using System.ComponentModel.DataAnnotations;
using System.Net.Security;
using System.Net.Sockets;
using System.Security.Cryptography.X509Certificates;
using Apache.Arrow;
using Apache.Arrow.Types;
using Grpc.AspNetCore.Server;
using Grpc.Core;
using Mlp.Spark.Connect;
using Mlp.Spark.Connect.Protocol;
using Mlp.Spark.Scoring;
using Mlp.Spark.Tests.Peer;
using Mlp.Spark.Tests.Servers;

namespace Mlp.Spark.Tests.Connect;

/// <summary>What the client says and how it takes answers, on a server that plays Spark.</summary>
public sealed class SparkChannelTests
{
    [Fact]
    public async Task Connect_TlsOfATrustedAuthority_SendsTheToken()
    {
        await using var server = await PlayedServer.StartAsync(new PlayedSpark { Token = "t1" }, tls: true);

        await using var session = await SparkSession.ConnectAsync($"{server.Connection}/;token=t1;user_id=ann;x-cluster=7", Trusting(server));

        var request = server.Spark.Single<AnalyzePlanRequest>();
        Assert.Equal(("ann", "ann", session.Id), (request.UserContext.UserId, request.UserContext.UserName, request.SessionId));
        Assert.True(Guid.TryParseExact(request.SessionId, "D", out _));
        var headers = Assert.Single(server.Spark.Headers);
        Assert.Equal("Bearer t1", headers.GetValue("authorization"));
        Assert.Equal("7", headers.GetValue("x-cluster"));
    }

    [Fact]
    public async Task WithColumn_OfAnotherSession_IsRefused()
    {
        await using var server = await PlayedServer.StartAsync();
        await using var session = await SparkSession.ConnectAsync(server.Connection);
        await using var other = await SparkSession.ConnectAsync(server.Connection);
        var score = other.ScoreColumn(SparkModel.FromPackage("/none.mlpkg", "/none.mlpkg")).As("score");

        Assert.Contains("same session", Assert.Throws<ArgumentException>(() => session.Range(0, 1).WithColumn("score", score)).Message, StringComparison.Ordinal);
        Assert.Contains("same session", Assert.Throws<ArgumentException>(() => session.Range(0, 1).Select("id", score)).Message, StringComparison.Ordinal);
        Assert.NotNull(other.Range(0, 1).Select("id", score));
    }

    [Fact]
    public async Task GroupBy_NoColumns_NamesItsParameter()
    {
        await using var session = new SparkSession(SparkConnectionString.Parse("sc://localhost:1"));

        Assert.Equal("columns", Assert.Throws<ArgumentException>(() => session.Range(0, 1).GroupBy()).ParamName);
    }

    [Fact]
    public async Task FromBatches_OfOtherColumns_AreRefused()
    {
        await using var server = await PlayedServer.StartAsync();
        await using var session = await SparkSession.ConnectAsync(server.Connection);
        var batch = new RecordBatch(new Schema([new Field("x", DoubleType.Default, true)], null), [new DoubleArray.Builder().Append(1.5).Build()], 1);

        var error = Assert.Throws<ArgumentException>(() => session.FromBatches(new Schema([new Field("id", Int64Type.Default, true)], null), batch));

        Assert.Contains("Expected batches of the columns id bigint, but found one of x double.", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Connect_TlsOfAnUnknownAuthority_IsRefused()
    {
        await using var server = await PlayedServer.StartAsync(tls: true);

        var error = await Assert.ThrowsAsync<SparkConnectionRefusedException>(() => SparkSession.ConnectAsync($"{server.Connection}/;use_ssl=true"));

        Assert.Contains("with a certificate that this machine trusts, but: The remote certificate is invalid", error.Message, StringComparison.Ordinal);
        Assert.Empty(server.Spark.Requests);
    }

    [Fact]
    public async Task Connect_TlsToAServerWithoutIt_SaysWhatAskedForTls()
    {
        await using var server = await PlayedServer.StartAsync();

        var error = await Assert.ThrowsAnyAsync<Exception>(() => SparkSession.ConnectAsync($"{server.Connection}/;use_ssl=true"));

        Assert.IsType<SparkConnectionRefusedException>(error);
        Assert.Contains("to speak TLS, as 'use_ssl' and 'token' ask", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Connect_WrongToken_SaysThatTheServerRefused()
    {
        await using var server = await PlayedServer.StartAsync(new PlayedSpark { Token = "t1" }, tls: true);

        var error = await Assert.ThrowsAsync<SparkConnectionRefusedException>(() => SparkSession.ConnectAsync($"{server.Connection}/;token=t2", Trusting(server)));

        Assert.Contains("The token is not known.", error.Message, StringComparison.Ordinal);
        Assert.DoesNotContain("t2", error.ToString(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Connect_NoServer_SaysThatItCannotBeReached()
    {
        using var port = new ClosedPort();

        var error = await Assert.ThrowsAsync<SparkConnectionException>(() => SparkSession.ConnectAsync(port.Connection));

        Assert.True(error.IsTransient);
        Assert.Equal($"Expected a Spark Connect server at '{port.Connection}', but it cannot be reached: {new SocketException((int)SocketError.ConnectionRefused).Message}.", error.Message);
    }

    [Fact]
    public void Create_HostOfUnknownName_SaysSo()
    {
        var cause = new HttpRequestException("(no.such.host:1)", new SocketException((int)SocketError.HostNotFound));

        var error = new SparkErrors("sc://no.such.host:1", null).Create(new RpcException(new(StatusCode.Unavailable, "Error connecting to subchannel.", cause)), null, null, isBegun: false);

        Assert.IsType<SparkConnectionException>(error);
        Assert.Equal($"Expected a Spark Connect server at 'sc://no.such.host:1', but it cannot be reached: {cause.InnerException!.Message}.", error.Message);
    }

    [Fact]
    public async Task Collect_StreamThatBreaks_SaysThatTheResultIsLost()
    {
        await using var server = await PlayedServer.StartAsync(new PlayedSpark
        {
            Execute = async (_, answers, call) =>
            {
                await answers.WriteAsync(Part(1));
                call.GetHttpContext().Abort();
            },
        });
        await using var session = await SparkSession.ConnectAsync(server.Connection, new SparkSessionOptions { ReattachTimeout = TimeSpan.Zero });

        var rows = 0;
        var error = await Assert.ThrowsAsync<SparkConnectionException>(async () =>
        {
            await foreach (var batch in session.Range(0, 2).CollectAsync())
            {
                rows += batch.Length;
            }
        });

        Assert.Contains("the result was lost", error.Message, StringComparison.Ordinal);
        Assert.True(error.IsTransient);
        Assert.True(rows <= 1);
        Assert.Empty(server.Spark.Single<ExecutePlanRequest>().RequestOptions);
    }

    [Fact]
    public async Task Collect_MessageOverTheLimit_NamesTheParameter()
    {
        await using var server = await PlayedServer.StartAsync(new PlayedSpark { Execute = (_, answers, _) => answers.WriteAsync(Part([.. Enumerable.Range(0, 1000).Select(i => (long)i)])) });
        await using var session = await SparkSession.ConnectAsync($"{server.Connection}/;grpc_max_message_size=2000");

        var error = await Assert.ThrowsAsync<SparkConnectionException>(() => CollectedRows.OfAsync(session.Range(0, 1000)));

        Assert.Contains("grpc_max_message_size", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Collect_Cancelled_InterruptsItsOperation()
    {
        await using var server = await PlayedServer.StartAsync(new PlayedSpark { Execute = (_, _, call) => Task.Delay(Timeout.Infinite, call.CancellationToken) });
        await using var session = await SparkSession.ConnectAsync(server.Connection);
        using var cancel = new CancellationTokenSource();

        var running = CollectedRows.OfAsync(session.Range(0, 1), cancel.Token);
        while (!server.Spark.Requests.OfType<ExecutePlanRequest>().Any())
        {
            await Task.Yield();
        }

        await cancel.CancelAsync();

        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => running);
        var interrupt = await server.Spark.Interrupted.Task;
        Assert.Equal(InterruptRequest.Types.InterruptType.OperationId, interrupt.InterruptType);
        Assert.Equal(server.Spark.Single<ExecutePlanRequest>().OperationId, interrupt.OperationId);
    }

    [Fact]
    public async Task Collect_CancelledWhileThePlanIsOnItsWay_InterruptsItWhenItHasCome()
    {
        await using var server = await PlayedServer.StartAsync(new PlayedSpark { EarlyInterrupts = 2, Execute = (_, _, call) => Task.Delay(Timeout.Infinite, call.CancellationToken) });
        await using var session = await SparkSession.ConnectAsync(server.Connection);
        using var cancel = new CancellationTokenSource();

        var running = CollectedRows.OfAsync(session.Range(0, 1), cancel.Token);
        while (!server.Spark.Requests.OfType<ExecutePlanRequest>().Any())
        {
            await Task.Yield();
        }

        await cancel.CancelAsync();

        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => running);
        await server.Spark.Interrupted.Task.WaitAsync(WorkerProcess.Patience);
        var operation = server.Spark.Single<ExecutePlanRequest>().OperationId;
        Assert.Equal(Enumerable.Repeat(operation, 3), server.Spark.Requests.OfType<InterruptRequest>().Select(r => r.OperationId));
    }

    [Fact]
    public async Task Collect_StoppedEarly_InterruptsItsOperation()
    {
        await using var server = await PlayedServer.StartAsync(new PlayedSpark
        {
            Execute = async (_, answers, call) =>
            {
                await answers.WriteAsync(Part(1));
                await Task.Delay(Timeout.Infinite, call.CancellationToken);
            },
        });
        await using var session = await SparkSession.ConnectAsync(server.Connection);

        await foreach (var batch in session.Range(0, 1).CollectAsync())
        {
            batch.Dispose();
            break;
        }

        Assert.Equal(server.Spark.Single<ExecutePlanRequest>().OperationId, (await server.Spark.Interrupted.Task).OperationId);
    }

    [Fact]
    public async Task Collect_Complete_InterruptsNothing()
    {
        await using var server = await PlayedServer.StartAsync(new PlayedSpark { Execute = (_, answers, _) => answers.WriteAsync(Part(1, 2)) });
        await using (var session = await SparkSession.ConnectAsync(server.Connection))
        {
            Assert.Equal([1, 2], (await CollectedRows.OfAsync(session.Range(0, 1))).Int64(0));
        }

        await server.Spark.Released.Task;
        Assert.Empty(server.Spark.Requests.OfType<InterruptRequest>());
    }

    [Fact]
    public async Task Collect_SessionDisposedOf_SaysSo()
    {
        var isRunning = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        await using var server = await PlayedServer.StartAsync(new PlayedSpark
        {
            Execute = (_, _, call) =>
            {
                isRunning.SetResult();
                return Task.Delay(Timeout.Infinite, call.CancellationToken);
            },
        });
        var session = await SparkSession.ConnectAsync(server.Connection);
        var table = session.Range(0, 1);
        var running = CollectedRows.OfAsync(table);
        await isRunning.Task;

        await session.DisposeAsync();

        Assert.All(
            [
                await Assert.ThrowsAsync<ObjectDisposedException>(() => running),
                await Assert.ThrowsAsync<ObjectDisposedException>(() => CollectedRows.OfAsync(table)),
                await Assert.ThrowsAsync<ObjectDisposedException>(() => session.GetVersionAsync()),
            ],
            error => Assert.Equal($"Expected an open session of the Spark Connect server '{server.Connection}', but it has been disposed of.", error.Message));
    }

    [Fact]
    public async Task Plan_OfSteps_IsWrittenFieldByField()
    {
        await using var server = await PlayedServer.StartAsync();
        await using var session = await SparkSession.ConnectAsync($"{server.Connection}/;session_id=5c0a4f6e-0f5c-4c7e-9d52-1b7e0e8d7a11;user_agent=tests");

        await CollectedRows.OfAsync(session.Read.Option("a", "b").Schema("id bigint").Parquet("/x", "/y").Where("id > 1").WithColumn("n", SparkColumn.Sql("id + 1")).Select("id", SparkColumn.Named("n n").As("m")).Limit(3));

        var request = server.Spark.Single<ExecutePlanRequest>();
        Assert.Equal(("5c0a4f6e-0f5c-4c7e-9d52-1b7e0e8d7a11", "tests"), (request.SessionId, request.ClientType));
        var limit = request.Plan.Root.Limit;
        Assert.Equal(3, limit.Limit_);
        var project = limit.Input.Project;
        Assert.Equal("id", project.Expressions[0].UnresolvedAttribute.UnparsedIdentifier);
        Assert.Equal("`n n`", project.Expressions[1].Alias.Expr.UnresolvedAttribute.UnparsedIdentifier);
        Assert.Equal("m", Assert.Single(project.Expressions[1].Alias.Name));
        var column = Assert.Single(project.Input.WithColumns.Aliases);
        Assert.Equal(("id + 1", "n"), (column.Expr.ExpressionString.Expression, Assert.Single(column.Name)));
        var filter = project.Input.WithColumns.Input.Filter;
        Assert.Equal("id > 1", filter.Condition.ExpressionString.Expression);
        var source = filter.Input.Read.DataSource;
        Assert.Equal(("parquet", "id bigint", "b"), (source.Format, source.Schema, source.Options["a"]));
        Assert.Equal(["/x", "/y"], source.Paths);

        // Without one the server looks for the files again in every query.
        Assert.True(filter.Input.Common.HasPlanId);
    }

    [Fact]
    public async Task Write_Settings_AreWrittenFieldByField()
    {
        await using var server = await PlayedServer.StartAsync();
        await using var session = await SparkSession.ConnectAsync(server.Connection);

        await session.Range(1, 9, 2, 4).Write.Mode(SparkSaveMode.Overwrite).PartitionBy("p", "q").Option("compression", "zstd").FilesAsync("delta", "/out");

        var write = server.Spark.Single<ExecutePlanRequest>().Plan.Command.WriteOperation;
        Assert.Equal(("delta", "/out", WriteOperation.Types.SaveMode.Overwrite, "zstd"), (write.Source, write.Path, write.Mode, write.Options["compression"]));
        Assert.Equal(["p", "q"], write.PartitioningColumns);
        Assert.Equal((1L, 9L, 2L, 4), (write.Input.Range.Start, write.Input.Range.End, write.Input.Range.Step, write.Input.Range.NumPartitions));
    }

    [Fact]
    public async Task Options_KeepAliveMoreOftenThanServersAllow_AreRefused()
    {
        var error = await Assert.ThrowsAsync<ValidationException>(() => SparkSession.ConnectAsync("sc://localhost", new SparkSessionOptions { KeepAliveInterval = TimeSpan.FromSeconds(10) }));

        Assert.Contains("SparkSessionOptions.KeepAliveInterval must be between", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Options_KeepAliveInterval_IsThatOfTheConnection()
    {
        SocketsHttpHandler? used = null;
        var options = new SparkSessionOptions { KeepAliveInterval = TimeSpan.FromMinutes(7), ConfigureHandler = handler => used = handler };
        await using var server = await PlayedServer.StartAsync();

        await using var session = await SparkSession.ConnectAsync(server.Connection, options);

        Assert.Equal((TimeSpan.FromMinutes(7), HttpKeepAlivePingPolicy.WithActiveRequests), (used!.KeepAlivePingDelay, used.KeepAlivePingPolicy));
        Assert.InRange(used.KeepAlivePingTimeout, TimeSpan.FromSeconds(1), TimeSpan.FromMinutes(1));
    }

    [Theory]
    [InlineData("s3://bucket/models", "does not read s3://")]
    [InlineData("abfss://c@a.dfs.core.windows.net/models", "does not read abfss://")]
    [InlineData("hdfs://name/models", "does not read hdfs://")]
    [InlineData("models", "Expected an absolute path that every executor sees for the shared folder, but found 'models'.")]
    [InlineData("", "options")]
    public async Task Options_SharedFolderThatExecutorsCannotOpen_IsRefused(string folder, string expected)
    {
        var error = await Assert.ThrowsAnyAsync<ArgumentException>(() => SparkSession.ConnectAsync("sc://localhost", new SparkSessionOptions { SharedFolder = folder }));

        Assert.Contains(expected, error.Message, StringComparison.Ordinal);
    }

    private static SparkSessionOptions Trusting(PlayedServer server) => new()
    {
        ConfigureHandler = handler => handler.SslOptions.RemoteCertificateValidationCallback = (_, certificate, _, errors)
            => (errors & SslPolicyErrors.RemoteCertificateNameMismatch) == 0 && certificate is X509Certificate2 found && found.Thumbprint == server.Certificate!.Thumbprint,
    };

    private static ExecutePlanResponse Part(params long[] values) => PlayedSpark.Part(string.Empty, values);
}
