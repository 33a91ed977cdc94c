using System.Globalization;
using System.Net.Sockets;

namespace Mlp.Training.Distributed.Launch;

/// <summary>The other ranks' side: calls rank 0 until it is there, and waits for its answer.</summary>
internal static class RendezvousCaller
{
    private static readonly TimeSpan FirstPause = TimeSpan.FromMilliseconds(20);
    private static readonly TimeSpan LongestPause = TimeSpan.FromMilliseconds(500);

    /// <summary>Rank 0 keeps the same limit and can say who is missing, so its sentence is waited for.</summary>
    private static readonly TimeSpan RankZeroFirst = TimeSpan.FromSeconds(2);

    /// <summary>Joins.</summary>
    /// <param name="place">This rank's place.</param>
    /// <param name="describe">Describes this rank, given the connection to rank 0.</param>
    /// <param name="secret">What rank 0 must know.</param>
    /// <param name="timeout">How long rank 0 and all other ranks are waited for.</param>
    /// <param name="clock">The clock.</param>
    /// <param name="cancellationToken">Ends the wait.</param>
    /// <returns>All ranks and the connection to rank 0.</returns>
    /// <exception cref="RendezvousException">Rank 0 refuses, cannot be reached or says that ranks are missing.</exception>
    public static async Task<(RankDescription[] Ranks, Socket Socket)> JoinAsync(
        GroupPlace place, Func<Socket, RankDescription> describe, GroupSecret secret, TimeSpan timeout, TimeProvider clock, CancellationToken cancellationToken)
    {
        using var limit = new CancellationTokenSource(timeout, clock);
        using var either = CancellationTokenSource.CreateLinkedTokenSource(limit.Token, cancellationToken);
        SocketException? last = null;
        var (isConnected, isRankZero) = (false, false);
        try
        {
            for (var pause = FirstPause; ; pause = TimeSpan.FromTicks(Math.Min(pause.Ticks * 2, LongestPause.Ticks)))
            {
                var socket = new Socket(SocketType.Stream, ProtocolType.Tcp) { NoDelay = true };
                try
                {
                    (isConnected, isRankZero) = (false, false);
                    await socket.ConnectAsync(place.MasterAddress, place.MasterPort, either.Token).ConfigureAwait(false);
                    isConnected = true;
                    limit.CancelAfter(timeout + RankZeroFirst);
                    var answer = await PeerHandshake.CallAsync(socket, secret, RankDescription.WriteAll([describe(socket)]), either.Token, RankDescription.LongestOfAll(place.WorldSize), () => isRankZero = true).ConfigureAwait(false);
                    return (RankDescription.ReadAll(answer, place.WorldSize), socket);
                }
                catch (SocketException exception)
                {
                    socket.Dispose();
                    last = exception;
                }
                catch
                {
                    socket.Dispose();
                    throw;
                }

                await Task.Delay(pause, clock, either.Token).ConfigureAwait(false);
            }
        }
        catch (OperationCanceledException) when (!cancellationToken.IsCancellationRequested)
        {
            var seconds = timeout.TotalSeconds.ToString("0.###", CultureInfo.InvariantCulture);
            var found = isRankZero ? "it has not said that all ranks are there"
                : isConnected ? "whoever listens there does not speak as rank 0 does: another program may use this port, so set MASTER_PORT or RendezvousOptions.MasterPort"
                : $"it cannot be reached: {last?.Message ?? "no answer"}";
            throw new RendezvousException(
                string.Create(CultureInfo.InvariantCulture, $"Rank {place.Rank} expected to join rank 0 at {place.MasterAddress}:{place.MasterPort} within {seconds} s, but {found}."), last);
        }
    }
}
