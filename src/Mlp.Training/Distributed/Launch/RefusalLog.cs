using System.Net.Sockets;
using Microsoft.Extensions.Logging;

namespace Mlp.Training.Distributed.Launch;

/// <summary>Warns of callers that are refused, with address and reason, a few times in a while: one that calls again and again, or a scan of ports, does not fill the log. Thread-safe.</summary>
/// <param name="logger">Told.</param>
/// <param name="clock">The clock.</param>
/// <param name="door">Where they have called: "the rendezvous".</param>
internal sealed class RefusalLog(ILogger logger, TimeProvider clock, string door)
{
    /// <summary>Warnings in a <see cref="Window"/>.</summary>
    public const int LinesPerWindow = 5;

    private readonly Lock _lock = new();
    private long? _since;
    private int _told;
    private int _left;

    /// <summary>What a window of time is.</summary>
    public static TimeSpan Window { get; } = TimeSpan.FromSeconds(30);

    /// <summary>The other side's address; to be asked for while the connection is there.</summary>
    public static string AddressOf(Socket socket)
    {
        try
        {
            return socket.RemoteEndPoint?.ToString() ?? "an unknown address";
        }
        catch (Exception exception) when (exception is SocketException or ObjectDisposedException)
        {
            return "an unknown address";
        }
    }

    /// <summary>A caller was refused.</summary>
    /// <param name="address">Its address.</param>
    /// <param name="reason">Why, a sentence.</param>
    public void Tell(string address, string reason)
    {
        int left;
        lock (_lock)
        {
            if (_since is not { } since || clock.GetElapsedTime(since) >= Window)
            {
                (_since, _told) = (clock.GetTimestamp(), 0);
            }

            if (++_told > LinesPerWindow)
            {
                _left++;
                return;
            }

            (left, _left) = (_left, 0);
        }

        logger.LogWarning(
            "A caller of {Door} from {Address} was refused: {Reason}{Others}", door, address, reason, left == 0 ? "" : FormattableString.Invariant($" Of {left} others before it nothing was written."));
    }
}
