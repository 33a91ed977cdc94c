using Grpc.Core;
using Grpc.Core.Interceptors;
using Mlp.Spark.Connect.Protocol;

namespace Mlp.Spark.Connect;

/// <summary>
/// Sees to it that the server's session stays the one that the first answer came from. A server that has been started anew opens another one of the same id, without settings, views, functions and files, in
/// which queries would give other results. Thread-safe.
/// </summary>
/// <remarks>
/// Spark 4 says in each answer what it calls the session, and refuses requests that name another one. Spark 3.5 does not: there a setting is left in the session, and looked for before each query and question.
/// </remarks>
/// <param name="client">Calls the server past this interceptor.</param>
/// <param name="configure">A request about the settings of the session.</param>
/// <param name="headers">Headers of every call.</param>
/// <param name="server">The server, for messages.</param>
internal sealed class ServerSession(
    SparkConnectService.SparkConnectServiceClient client, Func<ConfigRequest.Types.Operation, ConfigRequest> configure, Metadata headers, string server) : Interceptor
{
    /// <summary>The setting that tells a session of Spark 3.5 from an empty one.</summary>
    internal const string MarkName = "spark.mlp.session";

    private readonly string _ownMark = Guid.NewGuid().ToString("N");
    private string? _id;
    private volatile string? _mark;

    /// <inheritdoc/>
    public override AsyncUnaryCall<TResponse> AsyncUnaryCall<TRequest, TResponse>(
        TRequest request, ClientInterceptorContext<TRequest, TResponse> context, AsyncUnaryCallContinuation<TRequest, TResponse> continuation)
    {
        AsyncUnaryCall<TResponse>? call = null;
        return new AsyncUnaryCall<TResponse>(AnswerAsync(), Task.FromResult(Metadata.Empty), () => Begun().GetStatus(), () => Begun().GetTrailers(), () => call?.Dispose());

        async Task<TResponse> AnswerAsync()
        {
            if (request is AnalyzePlanRequest or ConfigRequest)
            {
                await CheckAsync(context.Options.CancellationToken).ConfigureAwait(false);
            }

            Address(request);
            call = continuation(request, context);
            var response = await call.ResponseAsync.ConfigureAwait(false);
            await NoteAsync(response, context.Options.CancellationToken).ConfigureAwait(false);
            return response;
        }

        AsyncUnaryCall<TResponse> Begun() => call ?? throw new InvalidOperationException("Expected a call that has begun.");
    }

    /// <inheritdoc/>
    public override AsyncServerStreamingCall<TResponse> AsyncServerStreamingCall<TRequest, TResponse>(
        TRequest request, ClientInterceptorContext<TRequest, TResponse> context, AsyncServerStreamingCallContinuation<TRequest, TResponse> continuation)
    {
        var parts = new Parts<TResponse>(this, () =>
        {
            Address(request);
            return continuation(request, context);
        });
        return new AsyncServerStreamingCall<TResponse>(parts, Task.FromResult(Metadata.Empty), () => parts.Begun.GetStatus(), () => parts.Begun.GetTrailers(), parts.Dispose);
    }

    /// <inheritdoc/>
    public override AsyncClientStreamingCall<TRequest, TResponse> AsyncClientStreamingCall<TRequest, TResponse>(
        ClientInterceptorContext<TRequest, TResponse> context, AsyncClientStreamingCallContinuation<TRequest, TResponse> continuation)
    {
        var call = continuation(context);
        return new AsyncClientStreamingCall<TRequest, TResponse>(
            new Pieces<TRequest>(this, call.RequestStream), AnswerAsync(), call.ResponseHeadersAsync, call.GetStatus, call.GetTrailers, call.Dispose);

        async Task<TResponse> AnswerAsync()
        {
            var response = await call.ResponseAsync.ConfigureAwait(false);
            await NoteAsync(response, context.Options.CancellationToken).ConfigureAwait(false);
            return response;
        }
    }

    private void Address<TRequest>(TRequest request)
    {
        if (request is ISessionRequest addressed && Volatile.Read(ref _id) is { } id)
        {
            addressed.ClientObservedServerSideSessionId = id;
        }
    }

    private async ValueTask NoteAsync<TResponse>(TResponse response, CancellationToken cancellationToken)
    {
        if (response is not ISessionResponse { ServerSideSessionId: var found } || _mark is not null)
        {
            return;
        }

        if (found.Length > 0)
        {
            if (Interlocked.CompareExchange(ref _id, found, null) is { } known && known != found)
            {
                throw LostSession.Create(server);
            }
        }
        else if (Volatile.Read(ref _id) is null)
        {
            _mark = await FindMarkAsync(cancellationToken).ConfigureAwait(false) ?? await SetMarkAsync(cancellationToken).ConfigureAwait(false);
        }
    }

    private async ValueTask CheckAsync(CancellationToken cancellationToken)
    {
        if (_mark is { } mark && await FindMarkAsync(cancellationToken).ConfigureAwait(false) != mark)
        {
            throw LostSession.Create(server);
        }
    }

    /// <summary>The mark of the session, which may be another client's that shares it; null for none.</summary>
    private async Task<string?> FindMarkAsync(CancellationToken cancellationToken)
    {
        using var call = client.ConfigAsync(configure(new() { GetOption = new() { Keys = { MarkName } } }), headers, cancellationToken: cancellationToken);
        var answer = await call.ResponseAsync.ConfigureAwait(false);
        return answer.Pairs is [{ HasValue: true } pair] ? pair.Value : null;
    }

    private async Task<string> SetMarkAsync(CancellationToken cancellationToken)
    {
        using var call = client.ConfigAsync(configure(new() { Set = new() { Pairs = { new KeyValue { Key = MarkName, Value = _ownMark } } } }), headers, cancellationToken: cancellationToken);
        await call.ResponseAsync.ConfigureAwait(false);
        return _ownMark;
    }

    /// <summary>Parts of an answer; the call begins with the first one that is asked for.</summary>
    private sealed class Parts<T>(ServerSession session, Func<AsyncServerStreamingCall<T>> begin) : IAsyncStreamReader<T>, IDisposable
    {
        private AsyncServerStreamingCall<T>? _call;

        public AsyncServerStreamingCall<T> Begun => _call ?? throw new InvalidOperationException("Expected a call that has begun.");

        public T Current => Begun.ResponseStream.Current;

        public async Task<bool> MoveNext(CancellationToken cancellationToken)
        {
            if (_call is null)
            {
                await session.CheckAsync(cancellationToken).ConfigureAwait(false);
                _call = begin();
            }

            if (!await _call.ResponseStream.MoveNext(cancellationToken).ConfigureAwait(false))
            {
                return false;
            }

            await session.NoteAsync(Current, cancellationToken).ConfigureAwait(false);
            return true;
        }

        public void Dispose() => _call?.Dispose();
    }

    /// <summary>Pieces of a request.</summary>
    private sealed class Pieces<T>(ServerSession session, IClientStreamWriter<T> writer) : IClientStreamWriter<T>
    {
        public WriteOptions? WriteOptions
        {
            get => writer.WriteOptions;
            set => writer.WriteOptions = value;
        }

        public Task WriteAsync(T message) => WriteAsync(message, CancellationToken.None);

        public Task WriteAsync(T message, CancellationToken cancellationToken)
        {
            session.Address(message);
            return writer.WriteAsync(message, cancellationToken);
        }

        public Task CompleteAsync() => writer.CompleteAsync();
    }
}
