namespace Mlp.Training.Distributed.Collectives.Tcp.Control;

/// <summary>
/// What rank 0 does with the messages of all ranks: hands exchanges round, asks who is where when something went wrong, and tells all members of a group the same verdict. The first verdict of a group stays. Not safe for
/// several threads; it sends through a delegate and reads no clock.
/// </summary>
/// <param name="titles">What sentences call the process of each rank: "process 4711 on host a".</param>
/// <param name="send">Sends a message to a rank of the world.</param>
/// <param name="findCurrent">The call under way on rank 0 in a group; null where there is none.</param>
/// <param name="patienceTicks">Time stamps that answers to an inquest may take.</param>
internal sealed class ControlDesk(IReadOnlyList<string> titles, Action<int, ControlMessage> send, Func<string, CollectiveCall?> findCurrent, long patienceTicks)
{
    private readonly Dictionary<string, GroupRecord> _groups = new(StringComparer.Ordinal);
    private readonly Dictionary<int, string> _lost = [];

    /// <summary>Takes a message.</summary>
    /// <param name="rank">The rank of the world that sent it.</param>
    /// <param name="message">The message.</param>
    /// <param name="now">Time stamp of now.</param>
    public void Take(int rank, ControlMessage message, long now)
    {
        switch (message)
        {
            case ControlMessage.Offer offer:
                TakeOffer(rank, offer);
                break;
            case ControlMessage.Report report when Find(report.Group, rank) is { } group:
                TakeReport(group, rank, report, now);
                break;
            case ControlMessage.Answer answer when Find(answer.Group, rank) is { Inquest: { } inquest } group:
                inquest.Add(group.IndexOf(rank), answer);
                Conclude(group, inquest, now);
                break;
            case ControlMessage.Leave leave when Find(leave.Group, rank) is { } group:
                TakeLeave(group, rank, leave.Calls, now);
                break;
        }
    }

    /// <summary>A rank is gone: its groups have failed, save those that it had left before.</summary>
    /// <param name="rank">The rank of the world.</param>
    /// <param name="reason">Why, as the end of a sentence behind the name of its process.</param>
    public void Lose(int rank, string reason)
    {
        if (!_lost.TryAdd(rank, reason))
        {
            return;
        }

        foreach (var group in _groups.Values.Where(g => g.IndexOf(rank) is >= 0 and var member && !g.Left.Contains(member)).ToList())
        {
            Fail(group, LostFailure(group, rank));
        }
    }

    /// <summary>Ends inquests whose time is over.</summary>
    public void Tick(long now)
    {
        foreach (var group in _groups.Values.ToList())
        {
            if (group.Inquest is { } inquest)
            {
                Conclude(group, inquest, now);
            }
        }
    }

    private void TakeOffer(int rank, ControlMessage.Offer offer)
    {
        if (!_groups.TryGetValue(offer.Group, out var group))
        {
            _groups[offer.Group] = group = new(offer.Group, offer.Name, offer.Members);
            if (Array.Find(offer.Members, _lost.ContainsKey) is var lost && _lost.ContainsKey(lost) && group.IndexOf(lost) >= 0)
            {
                Fail(group, LostFailure(group, lost));
            }
        }

        var member = group.IndexOf(rank);
        if (group.Verdict is { } verdict)
        {
            send(rank, new ControlMessage.Verdict(group.Id, verdict));
            return;
        }

        if (member < 0 || !offer.Members.AsSpan().SequenceEqual(group.Members))
        {
            Fail(group, GroupFailure.OfMismatch($"Expected all ranks of group '{group.Name}' to list the ranks [{string.Join(", ", group.Members)}], but rank {rank} of the world lists [{string.Join(", ", offer.Members)}].", -1));
            return;
        }

        if (!group.Exchanges.TryGetValue(offer.Step, out var payloads))
        {
            group.Exchanges[offer.Step] = payloads = new byte[]?[group.Members.Length];
        }

        payloads[member] = offer.Payload;
        if (Array.TrueForAll(payloads, p => p is not null))
        {
            group.Exchanges.Remove(offer.Step);
            SendAll(group, new ControlMessage.Offers(group.Id, offer.Step, payloads!));
        }
    }

    private void TakeReport(GroupRecord group, int rank, ControlMessage.Report report, long now)
    {
        if (group.Verdict is { } verdict)
        {
            send(rank, new ControlMessage.Verdict(group.Id, verdict));
        }
        else if (report.Stated is { } stated)
        {
            Fail(group, stated);
        }
        else if (report.Call.Length == 0)
        {
            Fail(group, SetupFailure(group, group.IndexOf(rank), report));
        }
        else if (group.Inquest is null)
        {
            group.Inquest = new(group, report, group.IndexOf(rank), now + patienceTicks);
            SendAll(group, new ControlMessage.Inquiry(group.Id, group.Inquest.Sequence));
        }
    }

    private void TakeLeave(GroupRecord group, int rank, long calls, long now)
    {
        group.Left.Add(group.IndexOf(rank));
        SendAll(group, new ControlMessage.Left(group.Id, group.IndexOf(rank), calls));
        if (group.Inquest is { } inquest)
        {
            Conclude(group, inquest, now);
        }

        if (group.Left.Count == group.Members.Length)
        {
            _groups.Remove(group.Id);
        }
    }

    private void Conclude(GroupRecord group, GroupInquest inquest, long now)
    {
        if (inquest.IsComplete || now >= inquest.Deadline)
        {
            group.Inquest = null;
            Fail(group, inquest.Conclude());
        }
    }

    private void Fail(GroupRecord group, GroupFailure failure)
    {
        if (group.Verdict is null)
        {
            group.Verdict = failure;
            group.Exchanges.Clear();
            SendAll(group, new ControlMessage.Verdict(group.Id, failure));
        }
    }

    private void SendAll(GroupRecord group, ControlMessage message)
    {
        foreach (var rank in group.Members)
        {
            if (!_lost.ContainsKey(rank))
            {
                send(rank, message);
            }
        }
    }

    private GroupRecord? Find(string id, int rank) => _groups.TryGetValue(id, out var group) && group.IndexOf(rank) >= 0 ? group : null;

    private GroupFailure LostFailure(GroupRecord group, int rank)
        => GroupFailure.From(CollectiveSentences.Lost(findCurrent(group.Id), group.Name, group.IndexOf(rank), $"{titles[rank]} {_lost[rank]}"));

    private static GroupFailure SetupFailure(GroupRecord group, int reporter, ControlMessage.Report report)
    {
        var absent = group.Exchanges.Values.SelectMany(e => Enumerable.Range(0, e.Length).Where(m => e[m] is null)).Distinct().Order().ToArray();
        absent = absent.Length == 0 && report.Suspect >= 0 ? [report.Suspect] : absent;
        var waited = CollectiveSentences.Duration(TimeSpan.FromSeconds(report.Seconds));
        return GroupFailure.OfTimeout($"Expected the connections of group '{group.Name}' within {waited}, but rank {reporter} still waits for {CollectiveSentences.Ranks(absent)}.", -1, absent);
    }
}
