using System.Globalization;
using System.Net.Sockets;
using System.Text;
using Microsoft.Extensions.Logging;
using Mlp.Training.Distributed.Collectives.SharedMemory;
using Mlp.Training.Distributed.Collectives.SharedMemory.Interop;
using Mlp.Training.Distributed.Collectives.Tcp.Control;

namespace Mlp.Training.Distributed.Collectives.Tcp;

/// <summary>Connects the ranks of a group: those of one host by memory, the others by sockets. All ranks go through the same steps, and all fail where one does.</summary>
/// <param name="session">What the rank's groups share.</param>
/// <param name="group">The group.</param>
/// <param name="timeout">How long each step may take.</param>
/// <param name="cancellationToken">Ends the wait.</param>
internal sealed class GroupSetup(TcpSession session, GroupMonitor group, TimeSpan timeout, CancellationToken cancellationToken)
{
    private const int OfferFile = 0;
    private const int OfferMapped = 1;
    private const int OfferReady = 2;

    private readonly PeerLink?[] _links = new PeerLink?[group.Members.Length];
    private SharedSegment? _segment;
    private SharedBell? _bell;

    /// <summary>Connects.</summary>
    /// <returns>This rank's end of the group.</returns>
    /// <exception cref="CollectiveException">A rank did not come or is gone.</exception>
    public async Task<TcpBackend> ConnectAsync()
    {
        session.Plane.Add(group);
        session.Enter();
        try
        {
            await ShareMemoryAsync().ConfigureAwait(false);
            await ConnectSocketsAsync().ConfigureAwait(false);
            await ExchangeAsync(OfferReady, "").ConfigureAwait(false);
            return new TcpBackend(session, group, _links, _segment, _bell);
        }
        catch
        {
            Array.ForEach(_links, l => l?.Dispose());
            _segment?.Dispose();
            session.Plane.Remove(group);
            await session.LeaveAsync().ConfigureAwait(false);
            throw;
        }
    }

    private string Host(int member) => session.Ranks[group.Members[member]].Host;

    private async Task ShareMemoryAsync()
    {
        var hosts = Enumerable.Range(0, group.Members.Length).GroupBy(Host, StringComparer.Ordinal).Where(h => h.Count() > 1).ToList();
        if (!session.Transport.UseSharedMemory || hosts.Count == 0)
        {
            return;
        }

        var local = hosts.Find(h => h.Contains(group.Index))?.ToArray() ?? [];
        var isLeader = local.Length > 0 && local[0] == group.Index;
        var (path, offer) = isLeader ? Create(local.Length) : ("", "");
        try
        {
            var files = await ExchangeAsync(OfferFile, offer).ConfigureAwait(false);
            var problem = local.Length == 0 ? "" : isLeader ? offer.TrimStart('!') : Open(files[local[0]], local.Length);
            var problems = await ExchangeAsync(OfferMapped, isLeader && _segment is not null ? "" : problem).ConfigureAwait(false);
            if (Array.Exists(local, m => problems[m].Length > 0))
            {
                session.Logger.LogWarning("Ranks of this host cannot share memory and use sockets: {Reason}", string.Join(" ", local.Select(m => problems[m]).Distinct()));
                _segment?.Dispose();
                _segment = null;
            }
        }
        finally
        {
            if (path.Length > 0)
            {
                File.Delete(path);
            }
        }

        LinkMemory(local);
    }

    private (string Path, string Offer) Create(int ranks)
    {
        var folder = session.Transport.SharedMemoryDirectory ?? (Directory.Exists("/dev/shm") ? "/dev/shm" : Path.GetTempPath());
        try
        {
            _segment = SharedSegment.Create(folder, ranks, session.Transport.SharedMemoryBytes, out var path, out var token);
            return (path, string.Create(CultureInfo.InvariantCulture, $"{_segment.RingBytes}\n{Convert.ToHexString(token)}\n{path}"));
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException or NotSupportedException)
        {
            return ("", $"!{exception.Message}");
        }
    }

    private string Open(string offer, int ranks)
    {
        if (offer.Split('\n', 3) is not [var size, var token, var path])
        {
            return offer.Length > 0 ? offer[1..] : "no file was offered";
        }

        try
        {
            _segment = SharedSegment.Open(path, ranks, int.Parse(size, CultureInfo.InvariantCulture), Convert.FromHexString(token));
            return "";
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException or NotSupportedException or FormatException)
        {
            return exception.Message;
        }
    }

    private void LinkMemory(int[] local)
    {
        if (_segment is null)
        {
            return;
        }

        var own = Array.IndexOf(local, group.Index);
        _bell = _segment.Bell(own);
        for (var other = 0; other < local.Length; other++)
        {
            if (other != own)
            {
                _links[local[other]] = new SharedLink(local[other], _segment.Ring(own, other), _segment.Ring(other, own), _segment.Bell(other));
            }
        }
    }

    private async Task ConnectSocketsAsync()
    {
        var isMesh = _links.Length <= session.Transport.MeshLimit;
        for (var member = 0; member < _links.Length; member++)
        {
            if (member != group.Index && _links[member] is null)
            {
                var to = member;
                _links[member] = isMesh ? new TcpLink(to, await ConnectNowAsync(to).ConfigureAwait(false)) : new TcpLink(to, c => PeerConnections.MakeAsync(session, group, to, c));
            }
        }
    }

    private async Task<Socket[]> ConnectNowAsync(int member)
    {
        using var stop = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        try
        {
            return await session.Plane.AwaitAsync(group, PeerConnections.MakeAsync(session, group, member, stop.Token), member, timeout, cancellationToken).ConfigureAwait(false);
        }
        catch (Launch.RendezvousException exception)
        {
            var failure = CollectiveSentences.Lost(null, group.Name, member, exception.Message, exception);
            session.Plane.Post(new ControlMessage.Report(group.Id, TroubleKind.Stated, [], member, 0, GroupFailure.From(failure)));
            throw failure;
        }
        catch
        {
            await stop.CancelAsync().ConfigureAwait(false);
            throw;
        }
    }

    private async Task<string[]> ExchangeAsync(int step, string text)
        => Array.ConvertAll(await session.Plane.ExchangeAsync(group, step, Encoding.UTF8.GetBytes(text), timeout, cancellationToken).ConfigureAwait(false), Encoding.UTF8.GetString);
}
