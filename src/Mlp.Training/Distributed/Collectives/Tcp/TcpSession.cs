using Microsoft.Extensions.Logging;
using Mlp.Training.Distributed.Collectives.Tcp.Control;
using Mlp.Training.Distributed.Launch;

namespace Mlp.Training.Distributed.Collectives.Tcp;

/// <summary>What all groups of one rank share: the control channel, the port for values, and what is known of the other ranks. It ends with the last group.</summary>
/// <param name="plane">The control channel.</param>
/// <param name="listener">Takes connections for values.</param>
/// <param name="secret">What all ranks know.</param>
/// <param name="ranks">All ranks of the world.</param>
/// <param name="masterAddress">Rank 0's address as this rank sees it.</param>
/// <param name="transport">Settings.</param>
/// <param name="isDeterministic">Whether sums are made in the order of ranks.</param>
/// <param name="logger">Told when memory cannot be shared.</param>
internal sealed class TcpSession(
    ControlPlane plane, DataListener listener, GroupSecret secret, RankDescription[] ranks, string masterAddress, TransportOptions transport, bool isDeterministic, ILogger logger)
{
    private int _groups;

    /// <summary>The control channel.</summary>
    public ControlPlane Plane => plane;

    /// <summary>Takes connections for values.</summary>
    public DataListener Listener => listener;

    /// <summary>What all ranks know.</summary>
    public GroupSecret Secret => secret;

    /// <summary>All ranks of the world.</summary>
    public RankDescription[] Ranks => ranks;

    /// <summary>Settings.</summary>
    public TransportOptions Transport => transport;

    /// <summary>Whether sums are made in the order of ranks.</summary>
    public bool IsDeterministic => isDeterministic;

    /// <summary>Told when memory cannot be shared.</summary>
    public ILogger Logger => logger;

    /// <summary>A group begins.</summary>
    public void Enter() => Interlocked.Increment(ref _groups);

    /// <summary>A group ends.</summary>
    public async ValueTask LeaveAsync()
    {
        if (Interlocked.Decrement(ref _groups) == 0)
        {
            await listener.DisposeAsync().ConfigureAwait(false);
            plane.Dispose();
        }
    }

    /// <summary>Where another rank takes connections. One that reached rank 0 by its own loopback is on rank 0's host.</summary>
    public string AddressOf(int rank)
    {
        var there = ranks[rank];
        return there.Host == ranks[plane.Rank].Host && there.Address.Length == 0 ? "127.0.0.1"
            : there.Address.Length > 0 ? there.Address
            : masterAddress;
    }
}
