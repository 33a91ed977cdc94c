using System.Collections.Concurrent;
using Google.Protobuf;
using Google.Protobuf.WellKnownTypes;
using Grpc.AspNetCore.Server;
using Grpc.Core;
using Mlp.Spark.Connect;
using Mlp.Spark.Connect.Protocol;
using Mlp.Spark.Tests.Servers;
using Mlp.TestSupport;

namespace Mlp.Spark.Tests.Connect;

/// <summary>How a query goes on behind a break, on a server that plays Spark.</summary>
public sealed class PlanExecutionTests
{
    private readonly TaskCompletionSource _taken = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly PauseTime _time = new();

    [Fact]
    public async Task Collect_StreamThatBreaks_GoesOnBehindTheLastPart()
    {
        await using var server = await PlayedServer.StartAsync(new PlayedSpark
        {
            Execute = (_, answers, call) => BreakAsync(answers, call, Part("a", 1)),
            Reattach = (_, answers, _) => WriteAsync(answers, Part("b", 2), Complete),
        });
        await using var session = await SparkSession.ConnectAsync(server.Connection);

        Assert.Equal([1, 2], (await CollectAsync(session)).Int64(0));

        var (plan, reattach) = (server.Spark.Single<ExecutePlanRequest>(), server.Spark.Single<ReattachExecuteRequest>());
        Assert.True(Assert.Single(plan.RequestOptions).ReattachOptions.Reattachable);
        Assert.Equal((plan.OperationId, plan.SessionId, "a"), (reattach.OperationId, reattach.SessionId, reattach.LastResponseId));
        Assert.Equal(plan.OperationId, (await server.Spark.ExecutionReleased.Task).OperationId);
    }

    [Fact]
    public async Task Collect_StreamThatEndsBeforeTheAnswer_GoesOn()
    {
        var later = new ConcurrentQueue<ExecutePlanResponse>([Part("b", 2), Part("c", 3), Complete]);
        await using var server = await PlayedServer.StartAsync(new PlayedSpark
        {
            EndsAnswers = false,
            Execute = (_, answers, _) => answers.WriteAsync(Part("a", 1)),
            Reattach = (_, answers, _) => later.TryDequeue(out var part) ? answers.WriteAsync(part) : Task.CompletedTask,
        });
        await using var session = await SparkSession.ConnectAsync(server.Connection);

        Assert.Equal([1, 2, 3], (await CollectedRows.OfAsync(session.Range(0, 3))).Int64(0));
        Assert.Equal(["a", "b", "c"], server.Spark.Requests.OfType<ReattachExecuteRequest>().Select(r => r.LastResponseId));
    }

    [Fact]
    public async Task Collect_PlanThatNeverArrived_IsSentAgain()
    {
        var executions = 0;
        await using var server = await PlayedServer.StartAsync(new PlayedSpark
        {
            Execute = (_, answers, call) => Interlocked.Increment(ref executions) == 1 ? BreakAsync(answers, call) : answers.WriteAsync(Part("a", 1)),
            Reattach = (_, _, _) => throw Forgotten("OPERATION_NOT_FOUND"),
        });
        await using var session = await SparkSession.ConnectAsync(server.Connection);

        Assert.Equal([1], (await CollectedRows.OfAsync(session.Range(0, 1))).Int64(0));
        Assert.Single(server.Spark.Requests.OfType<ExecutePlanRequest>().Select(r => r.OperationId).Distinct());
        Assert.False(server.Spark.Single<ReattachExecuteRequest>().HasLastResponseId);
    }

    [Theory]
    [InlineData("OPERATION_NOT_FOUND", true)]
    [InlineData("OPERATION_ABANDONED", false)]
    [InlineData("SESSION_NOT_FOUND", false)]
    public async Task Collect_ServerThatHasForgotten_SaysThatTheResultIsLost(string reason, bool isBegun)
    {
        await using var server = await PlayedServer.StartAsync(new PlayedSpark
        {
            Execute = (_, answers, call) => isBegun ? BreakAsync(answers, call, Part("a", 1)) : BreakAsync(answers, call),
            Reattach = (_, _, _) => throw Forgotten(reason),
        });
        await using var session = await SparkSession.ConnectAsync(server.Connection);

        var error = await Assert.ThrowsAsync<SparkConnectionException>(() => CollectAsync(session));

        Assert.Contains("Expected the whole answer", error.Message, StringComparison.Ordinal);
        Assert.Contains("the result was lost, and the query must run again", error.Message, StringComparison.Ordinal);
        Assert.Single(server.Spark.Requests.OfType<ExecutePlanRequest>());
    }

    /// <summary>Running again would not help.</summary>
    [Fact]
    public async Task Collect_ServerThatWasStartedAnewUnderTheQuery_SaysThatTheSessionIsGone()
    {
        await using var server = await PlayedServer.StartAsync(new PlayedSpark
        {
            Execute = (_, answers, call) => BreakAsync(answers, call, Part("a", 1)),
            Reattach = (_, _, _) => throw Failed("[INVALID_HANDLE.SESSION_CHANGED] The handle 5c0a4f6e is invalid."),
        });
        await using var session = await SparkSession.ConnectAsync(server.Connection);

        var error = await Assert.ThrowsAsync<SparkException>(() => CollectAsync(session));

        Assert.Contains("make a new session", error.Message, StringComparison.Ordinal);
        Assert.False(error.IsTransient);
    }

    [Fact]
    public async Task Collect_ErrorOfSparkBehindABreak_IsThatOfTheQuery()
    {
        await using var server = await PlayedServer.StartAsync(new PlayedSpark
        {
            Execute = (_, answers, call) => BreakAsync(answers, call, Part("a", 1)),
            Reattach = (_, _, _) => throw new RpcException(new Grpc.Core.Status(StatusCode.Unknown, "[DIVIDE_BY_ZERO] Division by zero.")),
        });
        await using var session = await SparkSession.ConnectAsync(server.Connection);

        var error = await Assert.ThrowsAnyAsync<Exception>(() => CollectAsync(session));

        Assert.Contains("DIVIDE_BY_ZERO", error.Message, StringComparison.Ordinal);
        Assert.Single(server.Spark.Requests.OfType<ReattachExecuteRequest>());
    }

    [Fact]
    public async Task Collect_ErrorOfSpark_IsNoBreak()
    {
        await using var server = await PlayedServer.StartAsync(new PlayedSpark { Execute = (_, _, _) => throw Failed("[DIVIDE_BY_ZERO] Division by zero.") });
        await using var session = await SparkSession.ConnectAsync(server.Connection);

        var error = await Assert.ThrowsAsync<SparkException>(() => CollectedRows.OfAsync(session.Range(0, 2)));

        Assert.Equal("[DIVIDE_BY_ZERO] Division by zero.", error.Message);
        Assert.Empty(server.Spark.Requests.OfType<ReattachExecuteRequest>());
    }

    [Fact]
    public async Task Collect_ServerThatBreaksAgainAndAgain_IsGivenUp()
    {
        await using var server = await PlayedServer.StartAsync(new PlayedSpark
        {
            Execute = (_, answers, call) => BreakAsync(answers, call),
            Reattach = (_, answers, call) => BreakAsync(answers, call),
        });
        await using var session = await SparkSession.ConnectAsync(server.Connection, Patient(TimeSpan.FromMilliseconds(300)));

        var error = await Assert.ThrowsAsync<SparkConnectionException>(() => CollectedRows.OfAsync(session.Range(0, 2)));

        // After 50, 100 and 150 ms.
        Assert.Contains("Expected the whole answer", error.Message, StringComparison.Ordinal);
        Assert.Equal(3, server.Spark.Requests.OfType<ReattachExecuteRequest>().Count());
    }

    /// <summary>A stream that is taken up and says nothing for a while has found the server: the next break is another one.</summary>
    [Fact]
    public async Task Collect_BreaksWithSilenceBetween_EachHaveTheirTime()
    {
        var reattached = 0;
        await using var server = await PlayedServer.StartAsync(new PlayedSpark
        {
            Execute = (_, answers, call) => BreakAsync(answers, call),
            Reattach = async (_, answers, call) =>
            {
                if (Interlocked.Increment(ref reattached) < 3)
                {
                    _time.Advance(TimeSpan.FromSeconds(1.2));
                    await BreakAsync(answers, call);
                }

                await WriteAsync(answers, Part("a", 1), Complete);
            },
        });
        await using var session = await SparkSession.ConnectAsync(server.Connection, Patient(TimeSpan.FromSeconds(1)));

        Assert.Equal([1], (await CollectedRows.OfAsync(session.Range(0, 1))).Int64(0));
    }

    [Fact]
    public async Task Collect_ServerThatCannotReattach_SaysThatTheResultIsLost()
    {
        await using var server = await PlayedServer.StartAsync(new PlayedSpark
        {
            Execute = (_, answers, call) => BreakAsync(answers, call, Part("a", 1)),
            Reattach = (_, _, _) => throw new RpcException(new Grpc.Core.Status(StatusCode.Unimplemented, "Not here.")),
        });
        await using var session = await SparkSession.ConnectAsync(server.Connection);

        var error = await Assert.ThrowsAsync<SparkConnectionException>(() => CollectAsync(session));

        Assert.Contains("the result was lost", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Collect_ServerThatWasNeverReached_IsNotWaitedFor()
    {
        using var port = new ClosedPort();
        await using var session = new SparkSession(SparkConnectionString.Parse(port.Connection), Patient(TimeSpan.FromMinutes(30)), null, null);

        var error = await Assert.ThrowsAsync<SparkConnectionException>(() => CollectedRows.OfAsync(session.Range(0, 2)));

        Assert.Contains("cannot be reached", error.Message, StringComparison.Ordinal);
    }

    /// <summary>As a server ends streams after some minutes, while a query goes on: that is no break that the time limit is for.</summary>
    [Fact]
    public async Task Collect_StreamThatEndsAfterAWhileWithoutAPart_IsNoBreak()
    {
        var reattached = 0;
        await using var server = await PlayedServer.StartAsync(new PlayedSpark
        {
            EndsAnswers = false,
            Execute = (_, _, _) => SilenceAsync(),
            Reattach = (_, answers, _) => Interlocked.Increment(ref reattached) == 1 ? SilenceAsync() : WriteAsync(answers, Part("a", 1), Complete),
        });
        await using var session = await SparkSession.ConnectAsync(server.Connection, Patient(TimeSpan.FromSeconds(1)));

        Assert.Equal([1], (await CollectedRows.OfAsync(session.Range(0, 1))).Int64(0));

        Task SilenceAsync()
        {
            _time.Advance(TimeSpan.FromSeconds(1.2));
            return Task.CompletedTask;
        }
    }

    [Fact]
    public async Task Collect_ConnectionResetUnderThePlan_GoesOn()
    {
        CuttingRelay? relay = null;
        await using var server = await PlayedServer.StartAsync(new PlayedSpark
        {
            Execute = (_, _, call) =>
            {
                relay!.Cut();
                return Task.Delay(Timeout.Infinite, call.CancellationToken);
            },
            Reattach = (_, answers, _) => WriteAsync(answers, Part("a", 1), Complete),
        });
        await using var cutting = relay = new CuttingRelay(server.Connection);
        await using var session = await SparkSession.ConnectAsync(relay.Connection);

        Assert.Equal([1], (await CollectedRows.OfAsync(session.Range(0, 1))).Int64(0));
    }

    /// <summary>The cluster may have the plan, and is told that it need not go on.</summary>
    [Fact]
    public async Task Collect_ConnectionResetUnderThePlanWithoutPatience_SaysSoAndInterrupts()
    {
        CuttingRelay? relay = null;
        await using var server = await PlayedServer.StartAsync(new PlayedSpark
        {
            Execute = (_, _, call) =>
            {
                relay!.Cut();
                return Task.Delay(Timeout.Infinite, call.CancellationToken);
            },
        });
        await using var cutting = relay = new CuttingRelay(server.Connection);
        await using var session = await SparkSession.ConnectAsync(relay.Connection, Patient(TimeSpan.Zero));

        var error = await Assert.ThrowsAsync<SparkConnectionException>(() => CollectedRows.OfAsync(session.Range(0, 1)));

        Assert.Contains("the result was lost", error.Message, StringComparison.Ordinal);
        Assert.Equal(server.Spark.Single<ExecutePlanRequest>().OperationId, (await server.Spark.Interrupted.Task).OperationId);
    }

    [Fact]
    public async Task GetVersion_ConnectionResetUnderTheQuestion_AsksAgain()
    {
        await using var server = await PlayedServer.StartAsync();
        await using var relay = new CuttingRelay(server.Connection, cuts: 1, bytesPerCut: 0);
        await using var session = await SparkSession.ConnectAsync(relay.Connection);

        Assert.Equal("4.3.0", await session.GetVersionAsync());
        Assert.Equal(2, relay.Connections);
    }

    [Fact]
    public async Task Send_ConnectionResetUnderTheFile_IsAConnectionThatBroke()
    {
        CuttingRelay? relay = null;
        await using var server = await PlayedServer.StartAsync(new PlayedSpark { OnArtifact = () => relay!.Cut() });
        await using var cutting = relay = new CuttingRelay(server.Connection);
        await using var session = await SparkSession.ConnectAsync(relay.Connection);
        using var folder = new TempDirectory();
        await File.WriteAllBytesAsync(folder.Combine("large"), new byte[4 << 20]);

        var error = await Assert.ThrowsAsync<SparkConnectionException>(() => session.Artifacts.AddFileAsync(folder.Combine("large")));

        Assert.True(error.IsTransient);
    }

    [Fact]
    public async Task Collect_ServerWithAnotherCertificateBehindABreak_IsRefused()
    {
        var isTrusted = true;
        CuttingRelay? relay = null;
        await using var server = await PlayedServer.StartAsync(
            new PlayedSpark
            {
                Execute = (_, _, call) =>
                {
                    isTrusted = false;
                    relay!.Cut();
                    return Task.Delay(Timeout.Infinite, call.CancellationToken);
                },
            },
            tls: true);
        await using var cutting = relay = new CuttingRelay(server.Connection);
        var options = Patient(TimeSpan.FromMinutes(30));
        options.ConfigureHandler = handler => handler.SslOptions.RemoteCertificateValidationCallback = (_, _, _, _) => isTrusted;
        await using var session = await SparkSession.ConnectAsync($"{relay.Connection}/;use_ssl=true", options);

        await Assert.ThrowsAsync<SparkConnectionRefusedException>(() => CollectedRows.OfAsync(session.Range(0, 1)));
    }

    [Fact]
    public async Task Collect_CancelledBehindABreak_EndsAndInterrupts()
    {
        var isReattached = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        await using var server = await PlayedServer.StartAsync(new PlayedSpark
        {
            Execute = (_, answers, call) => BreakAsync(answers, call),
            Reattach = (_, answers, call) =>
            {
                isReattached.TrySetResult();
                return BreakAsync(answers, call);
            },
        });
        await using var session = await SparkSession.ConnectAsync(server.Connection);
        using var cancel = new CancellationTokenSource();

        var running = CollectedRows.OfAsync(session.Range(0, 1), cancel.Token);
        await isReattached.Task;
        await cancel.CancelAsync();

        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => running);
        Assert.Equal(server.Spark.Single<ExecutePlanRequest>().OperationId, (await server.Spark.Interrupted.Task).OperationId);
    }

    private static ExecutePlanResponse Complete => new() { ResponseId = "end", ResultComplete = new() };

    private static ExecutePlanResponse Part(string id, long value) => PlayedSpark.Part(id, value);

    /// <summary>As long as the server is not silent and no pause is made, no time passes.</summary>
    private SparkSessionOptions Patient(TimeSpan patience) => new() { ReattachTimeout = patience, Time = _time };

    private Task<CollectedRows> CollectAsync(SparkSession session) => CollectedRows.OfAsync(session.Range(0, 2), () => _taken.TrySetResult());

    /// <summary>An error as Spark tells it.</summary>
    private static RpcException Failed(string message)
    {
        var status = new Spark.Connect.Protocol.Status { Code = (int)StatusCode.Internal, Message = message, Details = { Any.Pack(new ErrorInfo { Reason = "org.apache.spark.SparkArithmeticException" }) } };
        return new RpcException(new Grpc.Core.Status(StatusCode.Internal, message), new Metadata { { "grpc-status-details-bin", status.ToByteArray() } });
    }

    private static RpcException Forgotten(string reason)
        => new(new Grpc.Core.Status(StatusCode.Internal, $"[INVALID_HANDLE.{reason}] The handle 5c0a4f6e is invalid."));

    private static async Task WriteAsync(IServerStreamWriter<ExecutePlanResponse> answers, params ExecutePlanResponse[] parts)
    {
        foreach (var part in parts)
        {
            await answers.WriteAsync(part);
        }
    }

    private async Task BreakAsync(IServerStreamWriter<ExecutePlanResponse> answers, ServerCallContext call, params ExecutePlanResponse[] parts)
    {
        await WriteAsync(answers, parts);
        if (parts.Length > 0)
        {
            // What was sent and not taken may be lost with the connection.
            await _taken.Task;
        }

        call.GetHttpContext().Abort();
        await Task.Delay(Timeout.Infinite, call.CancellationToken);
    }
}
