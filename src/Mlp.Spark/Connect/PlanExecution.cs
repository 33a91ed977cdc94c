using Grpc.Core;
using Mlp.Spark.Connect.Protocol;

namespace Mlp.Spark.Connect;

/// <summary>
/// One run of a plan. The server keeps what it has sent for a while: where a stream ends before the answer is whole, because the connection broke or the server gives no stream more time, another one goes on behind the last part that came.
/// One caller at a time.
/// </summary>
/// <remarks>The way of Spark's own clients: <c>ExecutePlan</c> with <c>ReattachOptions</c>, then <c>ReattachExecute</c> until <c>ResultComplete</c>.</remarks>
internal sealed class PlanExecution : IDisposable
{
    /// <summary>A stream that ends sooner without a part is taken for a broken one.</summary>
    private static readonly TimeSpan ShortestStream = TimeSpan.FromSeconds(1);

    private readonly SparkConnectService.SparkConnectServiceClient _client;
    private readonly Metadata _headers;
    private readonly ExecutePlanRequest _request;
    private readonly TimeSpan _patience;
    private readonly TimeProvider _time;

    private AsyncServerStreamingCall<ExecutePlanResponse>? _stream;
    private long _streamOpened;
    private bool _isSent;
    private bool _isReattached;
    private string? _lastPart;
    private bool _isComplete;

    /// <summary>Prepares the run; the first part is asked for by <see cref="NextAsync"/>.</summary>
    /// <param name="client">Calls the server.</param>
    /// <param name="headers">Headers of every call.</param>
    /// <param name="request">The plan with an operation id.</param>
    /// <param name="patience">How long the server is looked for after a break; zero for not at all.</param>
    /// <param name="time">The clock.</param>
    public PlanExecution(SparkConnectService.SparkConnectServiceClient client, Metadata headers, ExecutePlanRequest request, TimeSpan patience, TimeProvider time)
    {
        (_client, _headers, _request, _patience, _time) = (client, headers, request, patience, time);
        if (patience > TimeSpan.Zero)
        {
            request.RequestOptions.Add(new ExecutePlanRequest.Types.RequestOption { ReattachOptions = new ReattachOptions { Reattachable = true } });
        }
    }

    /// <summary>Whether the server has the plan, as far as is known: a part of the answer came, or the connection broke under way.</summary>
    public bool IsBegun { get; private set; }

    /// <summary>Whether the server certainly has the plan: a part of the answer came.</summary>
    public bool IsAnswered => _lastPart is not null;

    /// <summary>Takes the next part of the answer. A server that was never reached is not waited for: its address may be wrong.</summary>
    /// <param name="cancellationToken">Ends the waiting, not the run.</param>
    /// <returns>The part; null behind the last one.</returns>
    /// <exception cref="RpcException">Spark's error, or the break after which the server was not found again or no longer knew the run.</exception>
    public async Task<ExecutePlanResponse?> NextAsync(CancellationToken cancellationToken)
    {
        RpcException? cause = null;
        var pauses = new ReconnectPauses(_patience, _time);
        while (true)
        {
            try
            {
                if (await TakeAsync(cancellationToken).ConfigureAwait(false) is { } part)
                {
                    return part;
                }

                if (_isComplete)
                {
                    return null;
                }

                cause ??= new RpcException(new Grpc.Core.Status(StatusCode.Internal, "The server ended the stream before the answer was whole."));
                if (_time.GetElapsedTime(_streamOpened) > ShortestStream)
                {
                    pauses.Reset();
                    continue;
                }
            }
            catch (RpcException e) when (_isReattached && (SparkErrors.IsUnknownHandle(e) || e.StatusCode == StatusCode.Unimplemented))
            {
                if (_lastPart is not null || !SparkErrors.IsUnknownOperation(e))
                {
                    throw SparkErrors.IsUnknownSession(e) ? e : cause ?? e;
                }

                // The plan never arrived.
                _isSent = false;
            }
            catch (RpcException e) when (SparkErrors.IsBroken(e) && (IsBegun || !SparkErrors.IsUnreachable(e)))
            {
                IsBegun = true;
                cause ??= e;
                if (_patience == TimeSpan.Zero || cancellationToken.IsCancellationRequested)
                {
                    throw;
                }

                if (_time.GetElapsedTime(_streamOpened) > _patience / 2)
                {
                    // It was open for long, if silent: the server had been found.
                    pauses.Reset();
                }
            }

            if (!await pauses.WaitAsync(cancellationToken).ConfigureAwait(false))
            {
                throw cause!;
            }
        }
    }

    /// <inheritdoc/>
    public void Dispose() => CloseStream();

    /// <summary>A part; null where the stream has ended.</summary>
    private async Task<ExecutePlanResponse?> TakeAsync(CancellationToken cancellationToken)
    {
        try
        {
            _stream ??= OpenStream(cancellationToken);
            if (await _stream.ResponseStream.MoveNext(cancellationToken).ConfigureAwait(false))
            {
                var part = _stream.ResponseStream.Current;
                _lastPart = part.ResponseId;
                _isComplete = part.ResultComplete is not null;
                IsBegun = true;
                return _isComplete ? null : part;
            }

            // Without the option the answer ends with its stream.
            _isComplete = _patience == TimeSpan.Zero;
        }
        catch
        {
            CloseStream();
            throw;
        }

        CloseStream();
        return null;
    }

    private AsyncServerStreamingCall<ExecutePlanResponse> OpenStream(CancellationToken cancellationToken)
    {
        _streamOpened = _time.GetTimestamp();
        _isReattached = _isSent;
        if (!_isSent)
        {
            _isSent = true;
            return _client.ExecutePlan(_request, _headers, cancellationToken: cancellationToken);
        }

        var request = new ReattachExecuteRequest { SessionId = _request.SessionId, UserContext = _request.UserContext, ClientType = _request.ClientType, OperationId = _request.OperationId };
        if (_lastPart is not null)
        {
            request.LastResponseId = _lastPart;
        }

        return _client.ReattachExecute(request, _headers, cancellationToken: cancellationToken);
    }

    private void CloseStream()
    {
        _stream?.Dispose();
        _stream = null;
    }
}
