using System.Net.Sockets;
using Mlp.Training.Distributed.Collectives.Tcp.Control;
using Mlp.Training.Distributed.Launch;

namespace Mlp.Training.Distributed.Collectives.Tcp;

/// <summary>Makes the connections of a link: the rank with the higher place in the group calls, the other's listener takes the call whether or not that rank needs it yet.</summary>
internal static class PeerConnections
{
    /// <summary>Makes them.</summary>
    /// <param name="session">What the rank's groups share.</param>
    /// <param name="group">The group.</param>
    /// <param name="member">The other rank's place in it.</param>
    /// <param name="cancellationToken">Ends the wait.</param>
    /// <exception cref="RendezvousException">The other cannot be reached, or is none of ours; the message goes on behind its rank.</exception>
    public static async Task<Socket[]> MakeAsync(TcpSession session, GroupMonitor group, int member, CancellationToken cancellationToken)
    {
        var sockets = new List<Socket>();
        try
        {
            for (var i = 0; i < session.Transport.ConnectionsPerPeer; i++)
            {
                sockets.Add(await (member < group.Index ? CallAsync(session, group, member, i, cancellationToken) : TakeAsync(session, group, member, i, cancellationToken)).ConfigureAwait(false));
            }

            return [.. sockets];
        }
        catch
        {
            sockets.ForEach(s => s.Dispose());
            throw;
        }
    }

    private static async Task<Socket> TakeAsync(TcpSession session, GroupMonitor group, int member, int index, CancellationToken cancellationToken)
    {
        var key = DataListener.Key(group.Id, group.Members[member], session.Plane.Rank, index);
        var socket = await session.Listener.TakeAsync(key).WaitAsync(cancellationToken).ConfigureAwait(false);
        session.Listener.Forget(key);
        return socket;
    }

    private static async Task<Socket> CallAsync(TcpSession session, GroupMonitor group, int member, int index, CancellationToken cancellationToken)
    {
        var rank = group.Members[member];
        var (address, port) = (session.AddressOf(rank), session.Ranks[rank].DataPort);
        try
        {
            return await DataListener.ConnectAsync(address, port, DataListener.Key(group.Id, session.Plane.Rank, rank, index), session.Secret, cancellationToken).ConfigureAwait(false);
        }
        catch (Exception exception) when (exception is SocketException or RendezvousException)
        {
            throw new RendezvousException($"rank {group.Index} could not connect to it at {address}:{port}: {exception.Message}", exception);
        }
    }
}
