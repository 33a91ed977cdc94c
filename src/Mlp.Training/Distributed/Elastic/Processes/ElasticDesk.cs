using System.Net;
using System.Net.Sockets;
using Microsoft.Extensions.Logging;
using Mlp.Training.Distributed.Launch;

namespace Mlp.Training.Distributed.Elastic.Processes;

/// <summary>
/// Where a member answers the others, from its first moment to its last, whatever its training does meanwhile: it tells how it is, holds those who come to gather with it, and sends the rest to the member that they should ask.
/// Thread-safe.
/// </summary>
internal sealed class ElasticDesk : IAsyncDisposable
{
    private static readonly TimeSpan CallerPatience = TimeSpan.FromSeconds(10);

    private readonly Lock _lock = new();
    private readonly ElasticGroupOptions _options;
    private readonly GroupSecret _secret;
    private readonly TimeProvider _clock;
    private readonly RefusalLog _refusals;
    private readonly CancellationTokenSource _stop = new();
    private readonly List<ElasticSeat> _seats = [];
    private readonly List<ElasticRoster> _prepared = [];
    private readonly Dictionary<string, ElasticMember> _arrivals = new(StringComparer.Ordinal);
    private readonly List<Task> _tasks = [];
    private readonly Task _beating;
    private readonly Socket _listener;
    private readonly int _doorPort;
    private Socket? _door;
    private ElasticMember? _host;

    /// <summary>Opens the desk.</summary>
    /// <param name="self">This member.</param>
    /// <param name="options">Settings.</param>
    /// <param name="secret">What callers must know.</param>
    /// <param name="doorPort">The port where newcomers ask.</param>
    /// <param name="logger">Told of callers that are refused.</param>
    public ElasticDesk(ElasticMember self, ElasticGroupOptions options, GroupSecret secret, int doorPort, ILogger logger)
    {
        (_options, _secret, _clock, _doorPort) = (options, secret, options.Group.TimeProvider, doorPort);
        _refusals = new(logger, _clock, "the elastic group");
        _listener = Listen();
        Self = self with { Port = ((IPEndPoint)_listener.LocalEndPoint!).Port };
        _tasks.Add(AcceptAsync(_listener));
        _beating = BeatAsync();
    }

    /// <summary>This member.</summary>
    public ElasticMember Self { get; private set; }

    /// <summary>What it is doing.</summary>
    public ElasticPhase Phase { get; private set; }

    /// <summary>The generation that it was in last; null for none.</summary>
    public ElasticRoster? Adopted { get; private set; }

    /// <summary>What a newcomer must have in common with this member.</summary>
    public IReadOnlyDictionary<string, string> Facts { get; set; } = new Dictionary<string, string>();

    /// <summary>Whether it lets newcomers in, and there are some.</summary>
    public bool HasNewcomers
    {
        get
        {
            lock (_lock)
            {
                return Adopted is { } roster && roster.Members.Count < _options.MaximumMembers && _seats.Exists(s => !roster.Has(s.Id) && !s.Line.IsClosed);
            }
        }
    }

    /// <summary>Listens where members of other hosts reach this one, as far as there is a secret; at a port that the system chooses where none is given.</summary>
    public Socket Listen(int port = 0) => RendezvousHost.Listen(_secret.IsPresent ? IPAddress.Any : IPAddress.Loopback, port);

    /// <summary>What this member says when it comes to another.</summary>
    public ElasticCall Call(bool isProbe)
    {
        lock (_lock)
        {
            return new() { IsProbe = isProbe, Member = Self, Adopted = Adopted, Prepared = [.. _prepared], Facts = isProbe ? new Dictionary<string, string>() : Facts };
        }
    }

    /// <summary>Listens at the port where newcomers ask, too; whoever of a host is first does. One that has been in a generation tries again at every beat, so that newcomers find the group also while it gathers.</summary>
    /// <returns>False where another does.</returns>
    public bool TryOpenDoor()
    {
        lock (_lock)
        {
            if (_door is not null)
            {
                return true;
            }

            try
            {
                _door = Listen(_doorPort);
            }
            catch (RendezvousException)
            {
                return false;
            }

            _tasks.Add(AcceptAsync(_door));
            return true;
        }
    }

    /// <summary>Begins to do something else.</summary>
    /// <param name="phase">What.</param>
    /// <param name="host">With whom this member has gathered, where it is a guest.</param>
    public void Enter(ElasticPhase phase, ElasticMember? host = null)
    {
        lock (_lock)
        {
            (Phase, _host) = (phase, host);
            if (phase == ElasticPhase.Done)
            {
                CloseDoor();
            }

            _seats.RemoveAll(TurnAway);
        }
    }

    /// <summary>Remembers a generation that is to be formed: whether it was may be learned by others alone.</summary>
    public void Prepare(ElasticRoster roster)
    {
        lock (_lock)
        {
            _prepared.Add(roster);
        }
    }

    /// <summary>A generation is formed.</summary>
    public void Adopt(ElasticRoster roster)
    {
        lock (_lock)
        {
            (Adopted, Phase, _host) = (roster, ElasticPhase.Running, null);
            _prepared.RemoveAll(p => p.Generation <= roster.Generation);
            _arrivals.Clear();
            _seats.RemoveAll(s => s.Line.IsClosed || TurnAway(s));
        }
    }

    /// <summary>Becomes another member, which has been in no generation.</summary>
    public void BeginAnew(ElasticMember member)
    {
        lock (_lock)
        {
            (Self, Adopted, Phase) = (member with { Port = Self.Port }, null, ElasticPhase.Idle);
            _prepared.Clear();
            _arrivals.Clear();

            // It asks for the others itself now, at this very door perhaps.
            CloseDoor();
            _seats.ForEach(s => s.Line.Dispose());
            _seats.Clear();
        }
    }

    /// <summary>Those who have come, as long as they are there, and before the first generation all that have ever come; newer generations that they know of count here too.</summary>
    public (ElasticRoster? Adopted, IReadOnlyList<ElasticRoster> Prepared, IReadOnlyList<ElasticSeat> Seats, IReadOnlyList<ElasticMember> Arrivals) Look()
    {
        lock (_lock)
        {
            foreach (var seat in _seats.Where(s => s.Line.IsClosed).ToList())
            {
                _seats.Remove(seat);
                seat.Line.Dispose();
            }

            var adopted = _seats.Select(s => s.Call.Adopted).Append(Adopted).OfType<ElasticRoster>().MaxBy(r => r.Generation);
            var prepared = _seats.SelectMany(s => s.Call.Prepared).Concat(_prepared).Where(r => r.Generation > (adopted?.Generation ?? 0)).DistinctBy(r => r.Id).ToList();
            return (adopted, prepared, [.. _seats], [.. _arrivals.Values]);
        }
    }

    /// <summary>Lets go of a member that has come.</summary>
    public void Remove(ElasticSeat seat)
    {
        lock (_lock)
        {
            _seats.Remove(seat);
        }

        seat.Line.Dispose();
    }

    /// <summary>Sends an answer, or lets go of the member where it is gone.</summary>
    public async Task<bool> TrySendAsync(ElasticSeat seat, ElasticAnswer answer)
    {
        using var limit = new CancellationTokenSource(_options.Group.Rendezvous.HeartbeatTimeout, _clock);
        try
        {
            await seat.Line.SendAsync(answer, ElasticJson.Default.ElasticAnswer, limit.Token).ConfigureAwait(false);
            return true;
        }
        catch (Exception exception) when (exception is SocketException or OperationCanceledException or ObjectDisposedException)
        {
            Remove(seat);
            return false;
        }
    }

    /// <inheritdoc/>
    public async ValueTask DisposeAsync()
    {
        if (_stop.IsCancellationRequested)
        {
            return;
        }

        await _stop.CancelAsync().ConfigureAwait(false);
        await _beating.ConfigureAwait(false);
        _listener.Dispose();
        _door?.Dispose();
        await Task.WhenAll(_tasks).ConfigureAwait(false);
        _seats.ForEach(s => s.Line.Dispose());
        _stop.Dispose();
    }

    private async Task AcceptAsync(Socket listener)
    {
        var callers = new List<Task>();
        try
        {
            while (true)
            {
                var socket = await listener.AcceptAsync(_stop.Token).ConfigureAwait(false);
                callers.RemoveAll(c => c.IsCompleted);
                callers.Add(HearAsync(socket));
            }
        }
        catch (Exception exception) when (exception is OperationCanceledException or SocketException or ObjectDisposedException)
        {
            await Task.WhenAll(callers).ConfigureAwait(false);
        }
    }

    private async Task HearAsync(Socket socket)
    {
        using var patience = new CancellationTokenSource(CallerPatience, _clock);
        using var either = CancellationTokenSource.CreateLinkedTokenSource(patience.Token, _stop.Token);
        var address = RefusalLog.AddressOf(socket);
        try
        {
            var line = await ElasticLine.HearAsync(socket, _secret, either.Token).ConfigureAwait(false);
            var call = await line.ReceiveAsync(ElasticJson.Default.ElasticCall, either.Token).ConfigureAwait(false);
            if (call.Member.Address.Length == 0)
            {
                call = call with { Member = call.Member with { Address = line.RemoteAddress } };
            }

            if (call.IsProbe)
            {
                await line.SendAsync(Sign(), ElasticJson.Default.ElasticAnswer, either.Token).ConfigureAwait(false);
                line.Dispose();
            }
            else if (call.Member.Id == Self.Id)
            {
                // One of the addresses is this member's own.
                line.Dispose();
            }
            else
            {
                Seat(new(call, line));
            }
        }
        catch (Exception exception) when (exception is RendezvousException or SocketException or InvalidDataException or ObjectDisposedException or OperationCanceledException)
        {
            socket.Dispose();
            if (!_stop.IsCancellationRequested)
            {
                _refusals.Tell(address, exception.Message);
            }
        }
    }

    private void Seat(ElasticSeat seat)
    {
        lock (_lock)
        {
            // One that lost its line comes again.
            foreach (var old in _seats.Where(s => s.Id == seat.Id).ToList())
            {
                _seats.Remove(old);
                old.Line.Dispose();
            }

            if (!TurnAway(seat))
            {
                _seats.Add(seat);
                if (Adopted is null)
                {
                    _arrivals[seat.Id] = seat.Call.Member;
                }
            }
        }
    }

    private void TakeOverDoor()
    {
        lock (_lock)
        {
            if (Adopted is not null && Phase != ElasticPhase.Done)
            {
                TryOpenDoor();
            }
        }
    }

    private void CloseDoor()
    {
        _door?.Dispose();
        _door = null;
    }

    /// <summary>Whether somebody who has come has nothing to wait for here; then it is told.</summary>
    private bool TurnAway(ElasticSeat seat)
    {
        if (Phase == ElasticPhase.Done && seat.Call.Adopted is null && Adopted?.RankOf(Self.Id) == 0)
        {
            // This member lets nobody in any more; another may.
            seat.Line.Dispose();
            return true;
        }

        var answer = (Phase, Adopted) switch
        {
            (ElasticPhase.Guest, _) => Redirect(_host!),
            (ElasticPhase.Running or ElasticPhase.Done, { } roster) when !roster.Has(seat.Id) && seat.Call.Adopted is not null => GivenUp(roster, seat.Call.Member),
            (ElasticPhase.Running or ElasticPhase.Done, { } roster) when !roster.Has(seat.Id) && roster.RankOf(Self.Id) > 0 => Redirect(roster.Members[0]),
            (ElasticPhase.Running or ElasticPhase.Hosting, { } roster) when !roster.Has(seat.Id) && ElasticFacts.FindDifference(Facts, seat.Call.Facts) is { } difference
                => new() { Kind = ElasticAnswerKind.Refused, Text = $"Expected {seat.Call.Member.Title} to do the same as group '{_options.Group.Name}', but {difference}." },
            _ => null,
        };
        if (answer is null)
        {
            return false;
        }

        _ = TellAndCloseAsync(seat, answer);
        return true;
    }

    /// <summary>What one is told whom the others have given up.</summary>
    public ElasticAnswer GivenUp(ElasticRoster roster, ElasticMember member) => new()
    {
        Kind = ElasticAnswerKind.GivenUp,
        Text = FormattableString.Invariant(
            $"Expected {member.Title} to form generation {roster.Generation} of group '{_options.Group.Name}' with the others, but they have gone on without it: it came too late."),
    };

    private static ElasticAnswer Redirect(ElasticMember other) => new() { Kind = ElasticAnswerKind.Redirect, Other = other };

    private async Task TellAndCloseAsync(ElasticSeat seat, ElasticAnswer answer)
    {
        await TrySendAsync(seat, answer).ConfigureAwait(false);
        seat.Line.Dispose();
    }

    private ElasticAnswer Sign()
    {
        lock (_lock)
        {
            return new() { Kind = ElasticAnswerKind.Wait, Phase = Phase, Roster = Adopted };
        }
    }

    /// <summary>Those who wait hear that this member lives; the door of one that has ended is taken over.</summary>
    private async Task BeatAsync()
    {
        using var timer = new PeriodicTimer(_options.Group.Rendezvous.HeartbeatInterval, _clock);
        try
        {
            while (await timer.WaitForNextTickAsync(_stop.Token).ConfigureAwait(false))
            {
                TakeOverDoor();
                var seats = Look().Seats;
                await Task.WhenAll(seats.Select(s => TrySendAsync(s, Sign() with { Roster = null }))).ConfigureAwait(false);
            }
        }
        catch (OperationCanceledException)
        {
            // The desk closes.
        }
    }
}
