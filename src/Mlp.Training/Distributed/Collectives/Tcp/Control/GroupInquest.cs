using System.Globalization;

namespace Mlp.Training.Distributed.Collectives.Tcp.Control;

/// <summary>Rank 0's question to all members of a group after a rank has reported trouble: where are you? The answers tell who is to blame.</summary>
/// <param name="group">The group.</param>
/// <param name="report">What was reported, about a call.</param>
/// <param name="reporter">By which member.</param>
/// <param name="deadline">Time stamp after which those that have not answered count as silent.</param>
internal sealed class GroupInquest(GroupRecord group, ControlMessage.Report report, int reporter, long deadline)
{
    private readonly ControlMessage.Answer?[] _answers = new ControlMessage.Answer?[group.Members.Length];
    private readonly CollectiveCall? _call = CallCodec.Decode(report.Call);

    /// <summary>Time stamp after which those that have not answered count as silent.</summary>
    public long Deadline => deadline;

    /// <summary>Number of the call of the whole group that it is about; -1 where it is about a Send or Receive.</summary>
    public long Sequence => IsPair ? -1 : _call?.Sequence ?? -1;

    /// <summary>Whether all members that are there have answered.</summary>
    public bool IsComplete => Enumerable.Range(0, _answers.Length).All(m => _answers[m] is not null || group.Left.Contains(m));

    private bool IsPair => _call?.Kind is CollectiveKind.Send or CollectiveKind.Receive;

    /// <summary>Takes an answer.</summary>
    public void Add(int member, ControlMessage.Answer answer)
    {
        if (answer.Call == Sequence)
        {
            _answers[member] = answer;
        }
    }

    /// <summary>Who is to blame.</summary>
    public GroupFailure Conclude()
    {
        var call = _call!.Value;
        var exception = IsPair ? ConcludePair(call) : FindMismatch(call);
        return exception is not null ? GroupFailure.From(exception) : report.Kind switch
        {
            TroubleKind.Broken => GroupFailure.From(CollectiveSentences.Lost(call, group.Name, report.Suspect, $"the connection between ranks {reporter} and {report.Suspect} broke")),
            TroubleKind.Left => GroupFailure.From(CollectiveSentences.Lost(call, group.Name, report.Suspect, "it left the group")),
            _ => GroupFailure.From(TimedOut(call)),
        };
    }

    private CollectiveMismatchException? FindMismatch(in CollectiveCall asked)
    {
        var calls = new CollectiveCall?[_answers.Length];
        for (var member = 0; member < calls.Length; member++)
        {
            calls[member] = _answers[member] is { } answer ? CallCodec.Decode(answer.Asked) ?? PairCall(answer) : null;
        }

        // Those that have not come to the call do not differ from it.
        var first = calls.FirstOrDefault(c => c is not null) ?? asked;
        return CollectiveComparison.Find(Array.ConvertAll(calls, c => c ?? first), group.Name);
    }

    /// <summary>A rank that waits in a Send or Receive makes another call than the group.</summary>
    private static CollectiveCall? PairCall(ControlMessage.Answer answer)
        => CallCodec.Decode(answer.Current) is { Kind: CollectiveKind.Send or CollectiveKind.Receive } pair ? pair : null;

    private CollectiveException? ConcludePair(in CollectiveCall call)
    {
        var other = call.Root;
        if (_answers[other] is not { } answer || CallCodec.Decode(answer.Current) is not { } found)
        {
            return report.Kind == TroubleKind.Timeout ? TimedOut(call) : null;
        }

        var (send, sender, receive, receiver) = call.Kind == CollectiveKind.Send ? (call, reporter, found, other) : (found, other, call, reporter);
        var isPair = send.Kind == CollectiveKind.Send && send.Root == receiver && receive.Kind == CollectiveKind.Receive && receive.Root == sender;
        return isPair ? CollectiveComparison.Find(send, sender, receive, receiver, group.Name)
            : report.Kind != TroubleKind.Mismatch ? null
            : new CollectiveMismatchException(string.Create(
                CultureInfo.InvariantCulture,
                $"Expected ranks {reporter} and {other} to send and receive, but rank {reporter} is in {CollectiveSentences.Describe(call, group.Name)} and rank {other} in {CollectiveSentences.Describe(found, group.Name)}."))
            {
                Ranks = [other],
                Call = call.Kind,
                Sequence = call.Sequence,
                Tensor = call.Tensor,
            };
    }

    private CollectiveTimeoutException TimedOut(in CollectiveCall call)
    {
        var waited = TimeSpan.FromSeconds(report.Seconds);
        if (IsPair)
        {
            return CollectiveSentences.TimedOut(call, group.Name, [call.Root], 2, waited);
        }

        var absent = Absent();
        return absent.Length > 0
            ? CollectiveSentences.TimedOut(call, group.Name, absent, _answers.Length, waited)
            : new CollectiveTimeoutException(string.Create(
                CultureInfo.InvariantCulture,
                $"Expected {CollectiveSentences.Describe(call, group.Name)} to end within {CollectiveSentences.Duration(waited)}, but it did not, though all ranks have come{(report.Suspect < 0 ? "" : FormattableString.Invariant($"; rank {reporter} waits for rank {report.Suspect}"))}."))
            {
                Ranks = report.Suspect < 0 ? [] : [report.Suspect],
                Call = call.Kind,
                Sequence = call.Sequence,
                Tensor = call.Tensor,
            };
    }

    private int[] Absent()
        => [.. Enumerable.Range(0, _answers.Length).Where(m => _answers[m] is not { } answer || answer.Asked.Length == 0)];
}
