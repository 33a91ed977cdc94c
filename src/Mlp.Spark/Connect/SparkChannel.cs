using System.Globalization;
using System.Runtime.CompilerServices;
using Google.Protobuf;
using Grpc.Core;
using Grpc.Core.Interceptors;
using Grpc.Net.Client;
using Mlp.Spark.Connect.Protocol;

namespace Mlp.Spark.Connect;

/// <summary>Calls the server in the name of one session. Errors of calls become exceptions of this library. Thread-safe.</summary>
internal sealed class SparkChannel : IDisposable
{
    private const int DefaultMaxMessageBytes = 128 << 20;
    private const string DefaultUserAgent = "mlp-dotnet";

    private static readonly TimeSpan Courtesy = TimeSpan.FromSeconds(10);

    private readonly GrpcChannel _channel;
    private readonly SparkConnectService.SparkConnectServiceClient _client;
    private readonly Metadata _headers;
    private readonly string _server;
    private readonly SparkErrors _errors;
    private readonly TimeSpan _reattachTimeout;
    private readonly TimeProvider _time;
    private volatile bool _isClosed;

    /// <summary>Prepares the connection; it is made by the first call.</summary>
    /// <param name="connection">Where and as whom.</param>
    /// <param name="options">Settings, which are valid.</param>
    public SparkChannel(SparkConnectionString connection, SparkSessionOptions options)
    {
        _server = connection.ToString();
        _errors = new SparkErrors(_server, options.WorkerPath);
        _reattachTimeout = options.ReattachTimeout;
        _time = options.Time;
        SessionId = (connection.SessionId ?? Guid.NewGuid()).ToString("D");
        User = new UserContext { UserId = connection.UserId ?? UserOfProcess() };
        User.UserName = User.UserId;
        ClientType = connection.UserAgent ?? DefaultUserAgent;
        _headers = CreateHeaders(connection);
        _channel = GrpcChannel.ForAddress(
            string.Create(CultureInfo.InvariantCulture, $"{(connection.UsesTls ? "https" : "http")}://{connection.Host}:{connection.Port}"),
            new GrpcChannelOptions
            {
                HttpHandler = CreateHandler(options),
                DisposeHttpClient = true,
                MaxReceiveMessageSize = connection.MaxMessageBytes ?? DefaultMaxMessageBytes,
                MaxSendMessageSize = connection.MaxMessageBytes ?? DefaultMaxMessageBytes,
            });
        var session = new ServerSession(
            new SparkConnectService.SparkConnectServiceClient(_channel),
            operation => new ConfigRequest { SessionId = SessionId, UserContext = User, ClientType = ClientType, Operation = operation },
            _headers,
            _server);
        _client = new SparkConnectService.SparkConnectServiceClient(_channel.Intercept(session));
    }

    /// <summary>Id of the session, a UUID.</summary>
    public string SessionId { get; }

    /// <summary>In whose name calls are made.</summary>
    public UserContext User { get; }

    /// <summary>How the client calls itself.</summary>
    public string ClientType { get; }

    /// <summary>Runs a plan.</summary>
    /// <param name="plan">The plan.</param>
    /// <param name="cancellationToken">Ends the work, on the cluster too.</param>
    /// <returns>The parts of the answer, in order.</returns>
    public async IAsyncEnumerable<ExecutePlanResponse> ExecuteAsync(Plan plan, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        ThrowIfClosed();
        var operation = Guid.NewGuid().ToString("D");
        using var execution = new PlanExecution(
            _client,
            _headers,
            new ExecutePlanRequest { SessionId = SessionId, UserContext = User, ClientType = ClientType, OperationId = operation, Plan = plan },
            _reattachTimeout,
            _time);
        var isComplete = false;
        try
        {
            while (await NextAsync(execution, operation, cancellationToken).ConfigureAwait(false) is { } response)
            {
                yield return response;
            }

            isComplete = true;
        }
        finally
        {
            if (!isComplete && execution.IsBegun)
            {
                // The caller has seen enough, or has cancelled: the cluster need not go on.
                await InterruptQuietlyAsync(operation, execution.IsAnswered).ConfigureAwait(false);
            }

            // Nobody waits for it: what is not released the server forgets by itself.
            _ = ReleaseQuietlyAsync(operation);
        }
    }

    /// <summary>Asks about a plan without running it.</summary>
    /// <param name="request">The question; the session is filled in.</param>
    /// <param name="cancellationToken">Gives up.</param>
    public Task<AnalyzePlanResponse> AnalyzeAsync(AnalyzePlanRequest request, CancellationToken cancellationToken)
    {
        (request.SessionId, request.UserContext, request.ClientType) = (SessionId, User, ClientType);
        return CallAsync(() => _client.AnalyzePlanAsync(request, _headers, cancellationToken: cancellationToken), cancellationToken);
    }

    /// <summary>Reads or changes settings of the session.</summary>
    /// <param name="operation">What to do.</param>
    /// <param name="cancellationToken">Gives up.</param>
    public Task<ConfigResponse> ConfigureAsync(ConfigRequest.Types.Operation operation, CancellationToken cancellationToken)
        => CallAsync(
            () => _client.ConfigAsync(
                new ConfigRequest { SessionId = SessionId, UserContext = User, ClientType = ClientType, Operation = operation }, _headers, cancellationToken: cancellationToken),
            cancellationToken);

    /// <summary>Sends artifacts.</summary>
    /// <param name="payloads">Messages in order; the session is filled in.</param>
    /// <param name="cancellationToken">Gives up.</param>
    public async Task<AddArtifactsResponse> AddArtifactsAsync(IAsyncEnumerable<AddArtifactsRequest> payloads, CancellationToken cancellationToken)
    {
        ThrowIfClosed();
        using var call = _client.AddArtifacts(_headers, cancellationToken: cancellationToken);
        return await TranslateAsync(SendAsync, () => false, cancellationToken).ConfigureAwait(false);

        async Task<AddArtifactsResponse> SendAsync()
        {
            await foreach (var payload in payloads.WithCancellation(cancellationToken).ConfigureAwait(false))
            {
                (payload.SessionId, payload.UserContext, payload.ClientType) = (SessionId, User, ClientType);
                if (!await TryAsync(() => call.RequestStream.WriteAsync(payload, cancellationToken)).ConfigureAwait(false))
                {
                    break;
                }
            }

            await TryAsync(call.RequestStream.CompleteAsync).ConfigureAwait(false);
            return await call.ResponseAsync.ConfigureAwait(false);
        }

        // Where nothing more can be sent, the answer says why.
        static async Task<bool> TryAsync(Func<Task> send)
        {
            try
            {
                await send().ConfigureAwait(false);
                return true;
            }
            catch (Exception e) when (e is IOException or InvalidOperationException or RpcException)
            {
                return false;
            }
        }
    }

    /// <summary>Ends everything that the session runs.</summary>
    /// <param name="cancellationToken">Gives up.</param>
    /// <returns>Ids of the operations that were ended.</returns>
    public async Task<IReadOnlyList<string>> InterruptAllAsync(CancellationToken cancellationToken)
    {
        var request = new InterruptRequest { SessionId = SessionId, UserContext = User, ClientType = ClientType, InterruptType = InterruptRequest.Types.InterruptType.All };
        var response = await CallAsync(() => _client.InterruptAsync(request, _headers, cancellationToken: cancellationToken), cancellationToken).ConfigureAwait(false);
        return response.InterruptedIds;
    }

    /// <summary>Tells the server that the session is over, after which no call is made. Spark 3.5 cannot be told, and forgets it by itself.</summary>
    public async Task ReleaseQuietlyAsync()
    {
        _isClosed = true;
        using var patience = new CancellationTokenSource(Courtesy);
        try
        {
            await _client.ReleaseSessionAsync(
                new ReleaseSessionRequest { SessionId = SessionId, UserContext = User, ClientType = ClientType }, _headers, cancellationToken: patience.Token).ConfigureAwait(false);
        }
        catch (RpcException)
        {
            // Whoever closes has no more use for the server.
        }
    }

    /// <inheritdoc/>
    public void Dispose() => _channel.Dispose();

    private static string UserOfProcess() => Environment.UserName is { Length: > 0 } name ? name : "mlp";

    private static Metadata CreateHeaders(SparkConnectionString connection)
    {
        var headers = new Metadata();
        if (connection.Token is { } token)
        {
            headers.Add("authorization", $"Bearer {token}");
        }

        foreach (var (name, value) in connection.Headers)
        {
            headers.Add(name, value);
        }

        return headers;
    }

    private static SocketsHttpHandler CreateHandler(SparkSessionOptions options)
    {
        var handler = new SocketsHttpHandler
        {
            EnableMultipleHttp2Connections = true,
            PooledConnectionIdleTimeout = Timeout.InfiniteTimeSpan,
            KeepAlivePingPolicy = HttpKeepAlivePingPolicy.WithActiveRequests,
            KeepAlivePingDelay = options.KeepAliveInterval,
            KeepAlivePingTimeout = TimeSpan.FromSeconds(30),
        };
        options.ConfigureHandler?.Invoke(handler);
        return handler;
    }

    private async ValueTask<ExecutePlanResponse?> NextAsync(PlanExecution execution, string operation, CancellationToken cancellationToken)
    {
        try
        {
            return await TranslateAsync(() => execution.NextAsync(cancellationToken), () => execution.IsBegun, cancellationToken).ConfigureAwait(false);
        }
        catch (OperationCanceledException) when (!execution.IsBegun)
        {
            await InterruptQuietlyAsync(operation, isKnown: false).ConfigureAwait(false);
            throw;
        }
    }

    /// <summary>Makes a call that may be made twice; where the connection breaks under it, it is made again.</summary>
    private Task<T> CallAsync<T>(Func<AsyncUnaryCall<T>> call, CancellationToken cancellationToken)
        => TranslateAsync(
            async () =>
            {
                var pauses = new ReconnectPauses(_reattachTimeout, _time);
                for (var isFirst = true; ; isFirst = false)
                {
                    try
                    {
                        using var running = call();
                        return await running.ResponseAsync.ConfigureAwait(false);
                    }
                    catch (RpcException e) when (SparkErrors.IsBroken(e) && !_isClosed && !cancellationToken.IsCancellationRequested && !(isFirst && SparkErrors.IsUnreachable(e)))
                    {
                        if (!await pauses.WaitAsync(cancellationToken).ConfigureAwait(false))
                        {
                            throw;
                        }
                    }
                }
            },
            () => false,
            cancellationToken);

    private async Task<T> TranslateAsync<T>(Func<Task<T>> call, Func<bool> isBegun, CancellationToken cancellationToken)
    {
        ThrowIfClosed();
        try
        {
            return await call().ConfigureAwait(false);
        }
        catch (RpcException e) when (cancellationToken.IsCancellationRequested)
        {
            throw new OperationCanceledException("The query was cancelled.", e, cancellationToken);
        }
        catch (Exception e) when (_isClosed && e is RpcException or ObjectDisposedException)
        {
            throw Closed(e);
        }
        catch (RpcException e)
        {
            var info = SparkErrors.FindInfo(e);
            throw _errors.Create(e, info, await FindDetailsAsync(info).ConfigureAwait(false), isBegun());
        }
    }

    private void ThrowIfClosed()
    {
        if (_isClosed)
        {
            throw Closed(null);
        }
    }

    private ObjectDisposedException Closed(Exception? cause) => new($"Expected an open session of the Spark Connect server '{_server}', but it has been disposed of.", cause);

    /// <summary>The status cuts long messages; Spark 4 keeps the whole one for a while.</summary>
    private async Task<FetchErrorDetailsResponse?> FindDetailsAsync(ErrorInfo? info)
    {
        if (info is null || !info.Metadata.TryGetValue("errorId", out var id))
        {
            return null;
        }

        using var patience = new CancellationTokenSource(Courtesy);
        try
        {
            return await _client.FetchErrorDetailsAsync(
                new FetchErrorDetailsRequest { SessionId = SessionId, UserContext = User, ClientType = ClientType, ErrorId = id }, _headers, cancellationToken: patience.Token).ConfigureAwait(false);
        }
        catch (RpcException)
        {
            // What is known of the error is thrown.
            return null;
        }
    }

    /// <summary>Ends an operation on the cluster. One that the server does not have may still be on its way there, cancelled as it is: it is ended when it has come.</summary>
    private async Task InterruptQuietlyAsync(string operation, bool isKnown)
    {
        if (await HasNothingToInterruptAsync(operation).ConfigureAwait(false) && !isKnown)
        {
            // Nobody waits for it, as it may never come.
            _ = InterruptLaterAsync(operation);
        }
    }

    private async Task InterruptLaterAsync(string operation)
    {
        var pauses = new ReconnectPauses(Courtesy, TimeProvider.System);
        while (await pauses.WaitAsync(CancellationToken.None).ConfigureAwait(false) && !_isClosed && await HasNothingToInterruptAsync(operation).ConfigureAwait(false))
        {
        }
    }

    private async Task<bool> HasNothingToInterruptAsync(string operation)
    {
        var response = await TellQuietlyAsync(patience => _client.InterruptAsync(
            new InterruptRequest
            {
                SessionId = SessionId,
                UserContext = User,
                ClientType = ClientType,
                InterruptType = InterruptRequest.Types.InterruptType.OperationId,
                OperationId = operation,
            },
            _headers,
            cancellationToken: patience)).ConfigureAwait(false);
        return response is { InterruptedIds.Count: 0 };
    }

    private async Task ReleaseQuietlyAsync(string operation)
    {
        if (_reattachTimeout > TimeSpan.Zero)
        {
            await TellQuietlyAsync(patience => _client.ReleaseExecuteAsync(
                new ReleaseExecuteRequest { SessionId = SessionId, UserContext = User, ClientType = ClientType, OperationId = operation, ReleaseAll = new() },
                _headers,
                cancellationToken: patience)).ConfigureAwait(false);
        }
    }

    /// <summary>Says something of an operation, which may have ended by itself, and the connection with it.</summary>
    /// <returns>The answer; null for none.</returns>
    private static async Task<T?> TellQuietlyAsync<T>(Func<CancellationToken, AsyncUnaryCall<T>> call)
        where T : class
    {
        using var patience = new CancellationTokenSource(Courtesy);
        var pauses = new ReconnectPauses(Courtesy, TimeProvider.System);
        try
        {
            do
            {
                try
                {
                    using var running = call(patience.Token);
                    return await running.ResponseAsync.ConfigureAwait(false);
                }
                catch (RpcException e) when (SparkErrors.IsBroken(e) && !SparkErrors.IsUnreachable(e) && !patience.IsCancellationRequested)
                {
                    // The connection that broke may be the one that was taken.
                }
            }
            while (await pauses.WaitAsync(patience.Token).ConfigureAwait(false));
        }
        catch (Exception e) when (e is RpcException or ObjectDisposedException or InvalidOperationException or OperationCanceledException)
        {
            // It has ended, or the server is gone.
        }

        return null;
    }
}
