using System.Net.Sockets;
using System.Security.Authentication;
using Google.Protobuf;
using Grpc.Core;
using Mlp.Spark.Connect.Protocol;

namespace Mlp.Spark.Connect;

/// <summary>Tells errors of Spark from errors of the connection. Immutable and thread-safe.</summary>
/// <param name="server">The server, for messages.</param>
/// <param name="workerPath">Where the worker is installed on executors; null where it travels.</param>
internal sealed class SparkErrors(string server, string? workerPath)
{
    private const string DetailsTrailer = "grpc-status-details-bin";
    private const string UnknownHandle = "INVALID_HANDLE.";

    /// <summary>What Spark says of an error beside its status; null where it says nothing, as for all errors that are not its own.</summary>
    /// <param name="error">The error of a call.</param>
    public static ErrorInfo? FindInfo(RpcException error)
    {
        if (error.Trailers.GetValueBytes(DetailsTrailer) is not { } bytes)
        {
            return null;
        }

        try
        {
            return Protocol.Status.Parser.ParseFrom(bytes).Details.FirstOrDefault(d => d.Is(ErrorInfo.Descriptor))?.Unpack<ErrorInfo>();
        }
        catch (InvalidProtocolBufferException)
        {
            return null;
        }
    }

    /// <summary>The exception that a caller sees.</summary>
    /// <param name="error">The error of a call.</param>
    /// <param name="info">What Spark says of it.</param>
    /// <param name="details">The whole error, where the server was asked for it.</param>
    /// <param name="isBegun">Whether an answer was being received.</param>
    public Exception Create(RpcException error, ErrorInfo? info, FetchErrorDetailsResponse? details, bool isBegun)
    {
        if (info is not null)
        {
            return FromSpark(error, info, details);
        }

        return error.StatusCode switch
        {
            StatusCode.Unauthenticated or StatusCode.PermissionDenied
                => new SparkConnectionRefusedException($"Expected the Spark Connect server '{server}' to accept the caller, but it refused: {error.Status.Detail}", error),
            StatusCode.Unimplemented
                => new NotSupportedException($"Expected the Spark Connect server '{server}' to know what it was asked for, but it does not: {error.Status.Detail}", error),
            StatusCode.ResourceExhausted
                => new SparkConnectionException(
                    $"Expected messages of the Spark Connect server '{server}' within the limit of 'grpc_max_message_size' in the connection string, but: {error.Status.Detail}", error),
            _ when FindHandshake(error) is { } handshake => new SparkConnectionRefusedException(
                $"Expected the Spark Connect server '{server}' to speak TLS, as 'use_ssl' and 'token' ask, with a certificate that this machine trusts, but: {handshake.Message.TrimEnd('.')}; {nameof(SparkSessionOptions)}.{nameof(SparkSessionOptions.ConfigureHandler)} can trust a private authority.",
                error),
            _ when isBegun => new SparkConnectionException(
                $"Expected the whole answer of the Spark Connect server '{server}', but the stream broke: the result was lost, and the query must run again. {error.Status.Detail}", error),
            StatusCode.Unavailable => new SparkConnectionException($"Expected a Spark Connect server at '{server}', but it cannot be reached: {CauseOf(error)}", error),
            StatusCode.Internal or StatusCode.Cancelled or StatusCode.DeadlineExceeded or StatusCode.Aborted
                => new SparkConnectionException(
                    $"Expected an answer of the Spark Connect server '{server}', but the connection broke: the result was lost, and the query must run again. {error.Status.Detail}", error),
            _ => Failed(error.Status.Detail, null, null, error),
        };
    }

    /// <summary>Whether the connection has broken, and not the query.</summary>
    /// <param name="error">The error of a call.</param>
    public static bool IsBroken(RpcException error)
        => error.StatusCode is StatusCode.Unavailable or StatusCode.Internal or StatusCode.Cancelled or StatusCode.DeadlineExceeded or StatusCode.Aborted
            && FindInfo(error) is null
            && FindHandshake(error) is null;

    /// <summary>Whether no connection came about, so that nothing was sent.</summary>
    /// <param name="error">The error of a call.</param>
    public static bool IsUnreachable(RpcException error)
        => Find<SocketException>(error)?.SocketErrorCode is SocketError.ConnectionRefused or SocketError.HostNotFound or SocketError.HostUnreachable or SocketError.HostDown
            or SocketError.NetworkUnreachable or SocketError.NetworkDown or SocketError.NoData or SocketError.NoRecovery or SocketError.TryAgain;

    /// <summary>Whether the server no longer knows the session or the operation.</summary>
    /// <param name="error">The error of a call.</param>
    public static bool IsUnknownHandle(RpcException error) => error.Status.Detail.Contains(UnknownHandle, StringComparison.Ordinal);

    /// <summary>Whether the server no longer knows the session.</summary>
    /// <param name="error">The error of a call.</param>
    public static bool IsUnknownSession(RpcException error) => error.Status.Detail.Contains(UnknownHandle + "SESSION_", StringComparison.Ordinal);

    /// <summary>Whether the server knows the session, and has never known the operation.</summary>
    /// <param name="error">The error of a call.</param>
    public static bool IsUnknownOperation(RpcException error) => error.Status.Detail.Contains(UnknownHandle + "OPERATION_NOT_FOUND", StringComparison.Ordinal);

    /// <summary>What the operating system says of a connection that did not come about, or else the status.</summary>
    private static string CauseOf(RpcException error) => Find<SocketException>(error) is { } cause ? cause.Message.TrimEnd('.') + "." : error.Status.Detail;

    /// <summary>Why TLS did not come about: the certificate, or a server without TLS.</summary>
    private static AuthenticationException? FindHandshake(RpcException error) => Find<AuthenticationException>(error);

    private static T? Find<T>(RpcException error)
        where T : Exception
    {
        for (var cause = error.Status.DebugException; cause is not null; cause = cause.InnerException)
        {
            if (cause is T found)
            {
                return found;
            }
        }

        return null;
    }

    private SparkException FromSpark(RpcException error, ErrorInfo info, FetchErrorDetailsResponse? details)
    {
        var root = details is { HasRootErrorIdx: true } && details.RootErrorIdx >= 0 && details.RootErrorIdx < details.Errors.Count
            ? details.Errors[details.RootErrorIdx]
            : null;
        var message = root is { Message.Length: > 0 } ? root.Message : error.Status.Detail;
        var errorClass = root?.SparkThrowable is { HasErrorClass: true } named ? named.ErrorClass : info.Metadata.GetValueOrDefault("errorClass");
        var sqlState = root?.SparkThrowable is { HasSqlState: true } coded ? coded.SqlState : info.Metadata.GetValueOrDefault("sqlState");
        return Failed(message, errorClass, sqlState, error);
    }

    private SparkException Failed(string text, string? errorClass, string? sqlState, RpcException error)
        => new(WorkerStart.Explain(text, workerPath) ?? LostSession.Explain(text, server) ?? JvmText.WithoutStackAndPlan(text), text, errorClass, sqlState, error);
}
