using System.Collections.Concurrent;
using Apache.Arrow;
using Apache.Arrow.Types;
using Google.Protobuf;
using Grpc.Core;
using Mlp.Spark.Connect;
using Mlp.Spark.Connect.Protocol;

namespace Mlp.Spark.Tests.Servers;

/// <summary>Answers as a test says, and keeps what it was asked.</summary>
internal sealed class PlayedSpark : SparkConnectService.SparkConnectServiceBase
{
    private readonly ConcurrentDictionary<string, string> _settings = new();
    private int _interrupts;

    /// <summary>What the server calls its session, whose settings go with it; empty for a Spark that does not say.</summary>
    public string ServerSessionId
    {
        get;
        set
        {
            field = value;
            _settings.Clear();
        }
    } = "server-1";

    public ConcurrentQueue<IMessage> Requests { get; } = new();

    public ConcurrentQueue<Metadata> Headers { get; } = new();

    /// <summary>The token that callers must have; null for none.</summary>
    public string? Token { get; init; }

    /// <summary>Answers a plan.</summary>
    public Func<ExecutePlanRequest, IServerStreamWriter<ExecutePlanResponse>, ServerCallContext, Task> Execute { get; init; } = (_, _, _) => Task.CompletedTask;

    /// <summary>Whether artifacts arrive whole.</summary>
    public bool IsCrcSuccessful { get; init; } = true;

    /// <summary>What happens with each part of an artifact.</summary>
    public Action? OnArtifact { get; init; }

    /// <summary>Completes when a session was released.</summary>
    public TaskCompletionSource Released { get; } = new(TaskCreationOptions.RunContinuationsAsynchronously);

    /// <summary>Completes with the first execution that was released.</summary>
    public TaskCompletionSource<ReleaseExecuteRequest> ExecutionReleased { get; } = new(TaskCreationOptions.RunContinuationsAsynchronously);

    /// <summary>How many interrupts come before the plan that they are for.</summary>
    public int EarlyInterrupts { get; init; }

    /// <summary>Completes with the first interrupt that meets its plan.</summary>
    public TaskCompletionSource<InterruptRequest> Interrupted { get; } = new(TaskCreationOptions.RunContinuationsAsynchronously);

    /// <summary>A part of an answer: the values of one column.</summary>
    /// <param name="id">Id of the part.</param>
    /// <param name="values">The values.</param>
    public static ExecutePlanResponse Part(string id, params long[] values)
    {
        var schema = new Schema([new Field("id", Int64Type.Default, false)], null);
        using var batch = new RecordBatch(schema, [new Int64Array.Builder().AppendRange(values).Build()], values.Length);
        return new ExecutePlanResponse { ResponseId = id, ArrowBatch = new() { RowCount = values.Length, Data = ArrowParts.Write(schema, [batch]) } };
    }

    /// <summary>An error as Spark says it.</summary>
    /// <param name="errorClass">Its name.</param>
    public static RpcException Refusal(string errorClass)
    {
        var info = new ErrorInfo { Reason = "org.apache.spark.SparkSQLException", Domain = "org.apache.spark", Metadata = { ["errorClass"] = errorClass } };
        var status = new Mlp.Spark.Connect.Protocol.Status { Code = (int)StatusCode.Internal, Details = { Google.Protobuf.WellKnownTypes.Any.Pack(info) } };
        return new RpcException(
            new Grpc.Core.Status(StatusCode.Internal, $"[{errorClass}] The handle 1 is invalid."), new Metadata { { "grpc-status-details-bin", status.ToByteArray() } });
    }

    public T Single<T>() => Assert.Single(Requests.OfType<T>());

    /// <summary>Goes on with a plan.</summary>
    public Func<ReattachExecuteRequest, IServerStreamWriter<ExecutePlanResponse>, ServerCallContext, Task> Reattach { get; init; } = (_, _, _) => Task.CompletedTask;

    /// <summary>Whether an answer ends by itself, as Spark's do, where it is not told to end.</summary>
    public bool EndsAnswers { get; init; } = true;

    public override async Task ExecutePlan(ExecutePlanRequest request, IServerStreamWriter<ExecutePlanResponse> responseStream, ServerCallContext context)
    {
        Note(request, context);
        responseStream = new Signed(this, responseStream);
        await Execute(request, responseStream, context);
        if (EndsAnswers)
        {
            await responseStream.WriteAsync(new ExecutePlanResponse { ResultComplete = new() });
        }
    }

    public override Task ReattachExecute(ReattachExecuteRequest request, IServerStreamWriter<ExecutePlanResponse> responseStream, ServerCallContext context)
    {
        Note(request, context);
        return Reattach(request, new Signed(this, responseStream), context);
    }

    public override Task<ReleaseExecuteResponse> ReleaseExecute(ReleaseExecuteRequest request, ServerCallContext context)
    {
        Note(request, context);
        ExecutionReleased.TrySetResult(request);
        return Task.FromResult(new ReleaseExecuteResponse());
    }

    public override Task<AnalyzePlanResponse> AnalyzePlan(AnalyzePlanRequest request, ServerCallContext context)
    {
        Note(request, context);
        return Task.FromResult(new AnalyzePlanResponse { SessionId = request.SessionId, ServerSideSessionId = ServerSessionId, SparkVersion = new() { Version = "4.3.0" } });
    }

    public override Task<ConfigResponse> Config(ConfigRequest request, ServerCallContext context)
    {
        Note(request, context);
        var response = new ConfigResponse { ServerSideSessionId = ServerSessionId };
        foreach (var pair in request.Operation.Set?.Pairs ?? [])
        {
            _settings[pair.Key] = pair.Value;
        }

        foreach (var key in request.Operation.GetOption?.Keys ?? [])
        {
            var pair = new KeyValue { Key = key };
            if (_settings.TryGetValue(key, out var value))
            {
                pair.Value = value;
            }

            response.Pairs.Add(pair);
        }

        return Task.FromResult(response);
    }

    public override async Task<AddArtifactsResponse> AddArtifacts(IAsyncStreamReader<AddArtifactsRequest> requestStream, ServerCallContext context)
    {
        var name = string.Empty;
        await foreach (var request in requestStream.ReadAllAsync())
        {
            Note(request, context);
            OnArtifact?.Invoke();
            name = request.BeginChunk?.Name ?? request.Batch?.Artifacts[0].Name ?? name;
        }

        return new AddArtifactsResponse { ServerSideSessionId = ServerSessionId, Artifacts = { new AddArtifactsResponse.Types.ArtifactSummary { Name = name, IsCrcSuccessful = IsCrcSuccessful } } };
    }

    public override Task<InterruptResponse> Interrupt(InterruptRequest request, ServerCallContext context)
    {
        Note(request, context);
        var response = new InterruptResponse();
        if (request.HasOperationId && Interlocked.Increment(ref _interrupts) > EarlyInterrupts)
        {
            response.InterruptedIds.Add(request.OperationId);
            Interrupted.TrySetResult(request);
        }

        return Task.FromResult(response);
    }

    public override Task<ReleaseSessionResponse> ReleaseSession(ReleaseSessionRequest request, ServerCallContext context)
    {
        Note(request, context);
        Released.TrySetResult();
        return Task.FromResult(new ReleaseSessionResponse());
    }

    private void Note(IMessage request, ServerCallContext context)
    {
        Requests.Enqueue(request);
        Headers.Enqueue(context.RequestHeaders);
        if (Token is not null && context.RequestHeaders.GetValue("authorization") != $"Bearer {Token}")
        {
            throw new RpcException(new Grpc.Core.Status(StatusCode.Unauthenticated, "The token is not known."));
        }

        if (request is ISessionRequest { ClientObservedServerSideSessionId: { Length: > 0 } observed } && observed != ServerSessionId)
        {
            throw Refusal("INVALID_HANDLE.SESSION_CHANGED");
        }
    }

    /// <summary>Says of the parts of an answer which session gave them.</summary>
    private sealed class Signed(PlayedSpark spark, IServerStreamWriter<ExecutePlanResponse> writer) : IServerStreamWriter<ExecutePlanResponse>
    {
        public WriteOptions? WriteOptions
        {
            get => writer.WriteOptions;
            set => writer.WriteOptions = value;
        }

        public Task WriteAsync(ExecutePlanResponse message) => WriteAsync(message, CancellationToken.None);

        public Task WriteAsync(ExecutePlanResponse message, CancellationToken cancellationToken)
        {
            message.ServerSideSessionId = message.ServerSideSessionId is { Length: > 0 } other ? other : spark.ServerSessionId;
            return writer.WriteAsync(message, cancellationToken);
        }
    }
}
