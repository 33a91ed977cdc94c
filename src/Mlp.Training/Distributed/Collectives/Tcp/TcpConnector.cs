using System.Globalization;
using System.Net;
using System.Net.Sockets;
using System.Reflection;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Abstractions;
using Mlp.Training.Distributed.Collectives.Tcp.Control;
using Mlp.Training.Distributed.Launch;

namespace Mlp.Training.Distributed.Collectives.Tcp;

/// <summary>Makes this process a rank of a group: rendezvous, control channel, links.</summary>
internal static class TcpConnector
{
    private const string WorldId = "w";

    /// <summary>Connects.</summary>
    /// <param name="options">Settings that have been validated.</param>
    /// <param name="environment">What the launcher said; null for nothing.</param>
    /// <param name="host">What ranks that can share memory have in common (<see cref="HostIdentity"/>).</param>
    /// <param name="cancellationToken">Ends the wait.</param>
    /// <returns>This rank's end of the world.</returns>
    /// <exception cref="ArgumentException">Settings contradict each other.</exception>
    /// <exception cref="LaunchException">Rank, world size, address or secret are missing or do not fit.</exception>
    /// <exception cref="RendezvousException">This rank is refused, or ranks are missing.</exception>
    /// <exception cref="CollectiveException">Ranks are gone before all are connected.</exception>
    public static async Task<TcpBackend> ConnectAsync(ProcessGroupOptions options, LaunchEnvironment? environment, string host, CancellationToken cancellationToken)
    {
        if (options is { Deterministic: true, Transport.Algorithm: ReductionAlgorithm.HalvingDoubling or ReductionAlgorithm.Hierarchical })
        {
            throw new ArgumentException(
                $"Expected TransportOptions.Algorithm to be Auto, Direct or Ring, which add up in the order of ranks, as ProcessGroupOptions.Deterministic is set, but found {options.Transport.Algorithm}.", nameof(options));
        }

        var (session, group) = await MeetAsync(options, environment, host, cancellationToken).ConfigureAwait(false);
        return await new GroupSetup(session, group, options.Rendezvous.Timeout, cancellationToken).ConnectAsync().ConfigureAwait(false);
    }

    /// <summary>
    /// Rendezvous and control channel alone, for backends that move values by other means. They add the group to the channel (<see cref="ControlPlane.Add"/>), enter the session, and leave it when they are disposed.
    /// </summary>
    /// <param name="options">Settings that have been validated.</param>
    /// <param name="environment">What the launcher said; null for nothing.</param>
    /// <param name="host">What ranks that can share memory have in common.</param>
    /// <param name="cancellationToken">Ends the wait.</param>
    /// <returns>What all groups of this rank share, and the world.</returns>
    /// <exception cref="LaunchException">Rank, world size, address or secret are missing or do not fit.</exception>
    /// <exception cref="RendezvousException">This rank is refused, or ranks are missing.</exception>
    public static async Task<(TcpSession Session, GroupMonitor World)> MeetAsync(
        ProcessGroupOptions options, LaunchEnvironment? environment, string host, CancellationToken cancellationToken)
    {
        var (rendezvous, clock) = (options.Rendezvous, options.TimeProvider);
        var secret = new GroupSecret(rendezvous.Secret ?? Environment.GetEnvironmentVariable(RendezvousOptions.SecretVariable));
        var place = GroupPlace.Settle(rendezvous, environment, secret.IsPresent);
        var logger = options.LoggerFactory?.CreateLogger(typeof(ProcessGroup)) ?? NullLogger.Instance;
        var listener = new DataListener(secret, clock, logger);
        try
        {
            var own = Describe(place, options, options.Transport.MapPort?.Invoke(listener.Port) ?? listener.Port, host);
            var (ranks, sockets) = await GatherAsync(place, own, secret, rendezvous, clock, logger, cancellationToken).ConfigureAwait(false);
            var titles = Array.ConvertAll(ranks, r => string.Create(CultureInfo.InvariantCulture, $"its process {r.ProcessId} on host {r.HostName}"));
            ControlPlane plane = new(place.Rank, titles, sockets, rendezvous.HeartbeatInterval, rendezvous.HeartbeatTimeout, clock);
            var session = new TcpSession(plane, listener, secret, ranks, place.MasterAddress, options.Transport, options.Deterministic, logger);
            return (session, new GroupMonitor(WorldId, options.Name, [.. Enumerable.Range(0, place.WorldSize)], place.Rank));
        }
        catch
        {
            await listener.DisposeAsync().ConfigureAwait(false);
            throw;
        }
    }

    private static async Task<(RankDescription[] Ranks, IReadOnlyList<Socket?> Sockets)> GatherAsync(
        GroupPlace place, RankDescription own, GroupSecret secret, RendezvousOptions rendezvous, TimeProvider clock, ILogger logger, CancellationToken cancellationToken)
    {
        if (place.WorldSize == 1)
        {
            return ([own], []);
        }

        if (place.Rank == 0)
        {
            using var host = new RendezvousHost(place, own, secret, clock, logger, rendezvous.Listener);
            return await host.GatherAsync(rendezvous.Timeout, cancellationToken).ConfigureAwait(false);
        }

        var (ranks, socket) = await RendezvousCaller.JoinAsync(place, s => WithAddress(own, s), secret, rendezvous.Timeout, clock, cancellationToken).ConfigureAwait(false);
        return (ranks, [socket]);
    }

    /// <summary>The address from which this host reaches rank 0 is the one by which others reach it.</summary>
    private static RankDescription WithAddress(RankDescription own, Socket socket)
    {
        var address = ((IPEndPoint)socket.LocalEndPoint!).Address;
        address = address.IsIPv4MappedToIPv6 ? address.MapToIPv4() : address;
        return own.Address.Length > 0 || IPAddress.IsLoopback(address) ? own : own with { Address = address.ToString() };
    }

    private static RankDescription Describe(GroupPlace place, ProcessGroupOptions options, int dataPort, string host) => new()
    {
        Rank = place.Rank,
        WorldSize = place.WorldSize,
        RunId = place.RunId,
        Host = host,
        HostName = Environment.MachineName,
        ProcessId = Environment.ProcessId,
        Address = options.Transport.Address ?? "",
        DataPort = dataPort,
        Settings =
        [
            new("the version of Mlp.Training", typeof(ProcessGroup).Assembly.GetCustomAttribute<AssemblyInformationalVersionAttribute>()?.InformationalVersion ?? ""),
            new("the group's name", options.Name),
            new("ProcessGroupOptions.Backend", (options.Backend == CollectiveTransport.Auto ? CollectiveTransport.Tcp : options.Backend).ToString()),
            new("MpiOptions.CheckCalls", options.Mpi.CheckCalls.ToString()),
            new("ProcessGroupOptions.Deterministic", options.Deterministic.ToString()),
            new("TransportOptions.UseSharedMemory", options.Transport.UseSharedMemory.ToString()),
            new("TransportOptions.ConnectionsPerPeer", options.Transport.ConnectionsPerPeer.ToString(CultureInfo.InvariantCulture)),
            new("TransportOptions.SegmentBytes", options.Transport.SegmentBytes.ToString(CultureInfo.InvariantCulture)),
            new("TransportOptions.Algorithm", options.Transport.Algorithm.ToString()),
            new("TransportOptions.MeshLimit", options.Transport.MeshLimit.ToString(CultureInfo.InvariantCulture)),
            new("TransportOptions.DirectBytes", options.Transport.DirectBytes.ToString(CultureInfo.InvariantCulture)),
        ],
    };
}
