using System.Net;
using System.Net.Sockets;
using Microsoft.Extensions.Logging;

namespace Mlp.Training.Distributed.Elastic.Processes;

/// <summary>
/// The member with whom the others gather. It waits for those who live, settles who forms the next generation, and tells them in two steps: first all have to know of it, then it counts. So whoever goes on with a generation can be
/// sure that none of its members forms another one without a majority of this one.
/// </summary>
internal sealed class ElasticHost(ElasticDesk desk, ElasticGuest guest, ElasticGroupOptions options, int beginners, ILogger logger)
{
    private static readonly TimeSpan Tick = TimeSpan.FromMilliseconds(20);

    private readonly TimeProvider _clock = options.Group.TimeProvider;
    private readonly Dictionary<string, Absentee> _absent = new(StringComparer.Ordinal);

    /// <summary>Gathers.</summary>
    /// <param name="blamed">Names of members that are waited for no longer.</param>
    /// <param name="cancellationToken">Ends the wait.</param>
    public async Task<GuestOutcome> GatherAsync(IReadOnlySet<string> blamed, CancellationToken cancellationToken)
    {
        desk.Enter(ElasticPhase.Hosting);
        using var stop = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        var watching = new List<Task>();
        try
        {
            var start = _clock.GetTimestamp();
            while (true)
            {
                var gathering = Gathering.Of(desk);
                if (gathering.GivenUpBy is { } newer)
                {
                    return new GuestOutcome.Failed(new(ElasticFailure.GivenUp, desk.GivenUp(newer, desk.Self).Text));
                }

                var absent = Watch(gathering, watching, stop.Token);
                if (FindOther(gathering, absent) is { } other)
                {
                    return other;
                }

                var awaited = gathering.IsFirst ? CountBeginners(gathering, absent) : absent.Count(a => IsAwaited(a, blamed, start));
                var rule = new FormationRule(options, gathering.Adopted?.Members.Count ?? beginners, gathering.IsFirst);
                var step = rule.Decide(gathering.Members.Count, awaited, gathering.IsMajority(id => _absent.TryGetValue(id, out var a) && a.HasEnded), _clock.GetElapsedTime(start));
                if (step == FormationStep.Form && await TryFormAsync(gathering, absent, cancellationToken).ConfigureAwait(false) is { } formed)
                {
                    return formed;
                }

                if (step is FormationStep.BelowMinimum or FormationStep.NoMajority)
                {
                    return await GiveUpAsync(rule.Failure(step, gathering.Members.Count, [.. absent.Select(a => a.Description)]), gathering).ConfigureAwait(false);
                }

                await Task.Delay(Tick, _clock, cancellationToken).ConfigureAwait(false);
            }
        }
        finally
        {
            await stop.CancelAsync().ConfigureAwait(false);
            await Task.WhenAll(watching).ConfigureAwait(false);
        }
    }

    private List<Absentee> Watch(Gathering gathering, List<Task> watching, CancellationToken cancellationToken)
    {
        var absent = new List<Absentee>();
        var known = gathering.IsFirst ? gathering.Arrivals : gathering.Rosters.SelectMany(r => r.Members);
        foreach (var member in known.Where(m => !gathering.Has(m.Id)).DistinctBy(m => m.Id))
        {
            if (!_absent.TryGetValue(member.Id, out var absentee))
            {
                _absent[member.Id] = absentee = new(member, _clock.GetTimestamp());
                watching.Add(absentee.WatchAsync(guest, _clock, cancellationToken));
            }

            absent.Add(absentee);
        }

        return absent;
    }

    /// <summary>Where the others have gone on, or gather with another one who comes before this member.</summary>
    private GuestOutcome? FindOther(Gathering gathering, List<Absentee> absent)
    {
        foreach (var absentee in absent)
        {
            if (absentee.Answer is not { } answer)
            {
                continue;
            }

            if (answer.Roster is { } roster && roster.Generation > gathering.Newest && !roster.Has(desk.Self.Id))
            {
                return new GuestOutcome.Failed(new(ElasticFailure.GivenUp, desk.GivenUp(roster, desk.Self).Text));
            }

            if (answer.Phase == ElasticPhase.Hosting && gathering.Adopted is { } own && own.RankOf(absentee.Member.Id) is >= 0 and var rank && rank < own.RankOf(desk.Self.Id))
            {
                return new GuestOutcome.Redirected(absentee.Member);
            }
        }

        return null;
    }

    /// <summary>Those that are to begin and have neither come nor ended. One that was started again after its end has come under the rank of the one before.</summary>
    private int CountBeginners(Gathering gathering, List<Absentee> absent)
        => beginners - gathering.Members.Concat(absent.Where(a => !IsAlive(a)).Select(a => a.Member)).Select(m => m.FirstRank).Where(r => r < beginners).Distinct().Count();

    private bool IsAlive(Absentee absentee) => !absentee.HasEnded && _clock.GetElapsedTime(absentee.LastHeard) < options.Group.Rendezvous.HeartbeatTimeout;

    private bool IsAwaited(Absentee absentee, IReadOnlySet<string> blamed, long start)
        => IsAlive(absentee)
            && _clock.GetElapsedTime(start) < (blamed.Contains(absentee.Member.Id) ? 2 * options.Group.Rendezvous.HeartbeatInterval : options.WaitForMembers);

    private static string Describe(List<Absentee> absent) => absent.Count == 0 ? "they did not come" : string.Join("; ", absent.Select(a => a.Description));

    private async Task<GuestOutcome?> TryFormAsync(Gathering gathering, List<Absentee> absent, CancellationToken cancellationToken)
    {
        var roster = new ElasticRoster(Guid.NewGuid().ToString("N"), gathering.Newest + 1, [.. gathering.Members.Take(options.MaximumMembers)]);
        var seats = gathering.Seats.Where(s => roster.Has(s.Id)).ToList();
        desk.Prepare(roster);
        var known = await Task.WhenAll(seats.Select(s => PrepareAsync(s, roster, cancellationToken))).ConfigureAwait(false);
        if (known.Contains(false))
        {
            return null;
        }

        // Bound before it is told, so that nobody takes the port in between.
        var listener = desk.Listen();
        var port = ((IPEndPoint)listener.LocalEndPoint!).Port;
        await Task.WhenAll(seats.Select(s => desk.TrySendAsync(s, new() { Kind = ElasticAnswerKind.Commit, Roster = roster, Port = port }))).ConfigureAwait(false);
        seats.ForEach(desk.Remove);
        desk.Adopt(roster);
        if (gathering.IsFirst && roster.Members.Count < beginners)
        {
            logger.LogWarning("Group '{Group}' begins with {Count} of {Beginners} members. Known of the others: {Others}", options.Group.Name, roster.Members.Count, beginners, Describe(absent));
        }

        return new GuestOutcome.Formed(roster, "127.0.0.1", port) { Listener = listener };
    }

    private async Task<bool> PrepareAsync(ElasticSeat seat, ElasticRoster roster, CancellationToken cancellationToken)
    {
        using var limit = new CancellationTokenSource(options.Group.Rendezvous.HeartbeatTimeout, _clock);
        using var either = CancellationTokenSource.CreateLinkedTokenSource(limit.Token, cancellationToken);
        try
        {
            if (!await desk.TrySendAsync(seat, new() { Kind = ElasticAnswerKind.Prepare, Roster = roster }).ConfigureAwait(false))
            {
                return false;
            }

            await seat.Line.ReceiveAsync(ElasticJson.Default.ElasticCall, either.Token).ConfigureAwait(false);
            return true;
        }
        catch (Exception exception) when (!cancellationToken.IsCancellationRequested
            && exception is SocketException or InvalidDataException or OperationCanceledException or ObjectDisposedException)
        {
            logger.LogWarning("{Member} came, but is gone again: {Reason}", seat.Call.Member.Title, exception.Message);
            desk.Remove(seat);
            return false;
        }
    }

    private async Task<GuestOutcome> GiveUpAsync(ElasticGroupException failure, Gathering gathering)
    {
        var kind = failure.Failure == ElasticFailure.NoMajority ? ElasticAnswerKind.NoMajority : ElasticAnswerKind.BelowMinimum;
        await Task.WhenAll(gathering.Seats.Select(s => desk.TrySendAsync(s, new() { Kind = kind, Text = failure.Message }))).ConfigureAwait(false);
        foreach (var seat in gathering.Seats)
        {
            desk.Remove(seat);
        }

        return new GuestOutcome.Failed(failure);
    }
}
