using System.Globalization;

namespace Mlp.Training.Distributed.Collectives;

/// <summary>Words that all backends use, so that a failure reads alike wherever it happens.</summary>
internal static class CollectiveSentences
{
    /// <summary>"AllReduce of 'grad/0' (call 17 of group 'world')".</summary>
    public static string Describe(in CollectiveCall call, string group) => string.Create(
        CultureInfo.InvariantCulture,
        $"{call.Kind}{(call.Tensor is null ? "" : $" of '{call.Tensor}'")} (call {call.Sequence}{Peer(call)} of group '{group}')");

    /// <summary>Name of a group that <see cref="ProcessGroup.Split"/> forms.</summary>
    /// <param name="call">The call.</param>
    /// <param name="group">Name of the group that is split.</param>
    public static string NameOfSplit(in CollectiveCall call, string group) => call.Tensor ?? string.Create(CultureInfo.InvariantCulture, $"{group}/{call.Sequence}");

    /// <summary>"rank 1" or "ranks 1, 2 and 5".</summary>
    public static string Ranks(IReadOnlyList<int> ranks)
    {
        var words = ranks.Select(r => r.ToString(CultureInfo.InvariantCulture)).ToArray();
        return words.Length == 1 ? $"rank {words[0]}" : $"ranks {string.Join(", ", words[..^1])} and {words[^1]}";
    }

    /// <summary>Ranks have not come in time.</summary>
    /// <param name="call">What was waited in.</param>
    /// <param name="group">Name of the group.</param>
    /// <param name="missing">Who was waited for.</param>
    /// <param name="worldSize">Ranks that take part.</param>
    /// <param name="waited">How long: the time limit.</param>
    public static CollectiveTimeoutException TimedOut(in CollectiveCall call, string group, IReadOnlyList<int> missing, int worldSize, TimeSpan waited) => new(string.Create(
        CultureInfo.InvariantCulture,
        $"Expected {worldSize} ranks at {Describe(call, group)} within {Duration(waited)}, but {Ranks(missing)} did not come."))
    {
        Ranks = missing,
        Call = call.Kind,
        Sequence = call.Sequence,
        Tensor = call.Tensor,
    };

    /// <summary>The rank that finds out who has not come in time does not answer.</summary>
    /// <param name="call">What was waited in.</param>
    /// <param name="group">Name of the group.</param>
    /// <param name="silent">Who does not answer.</param>
    /// <param name="waited">How long: the time limit.</param>
    public static CollectiveTimeoutException Unanswered(in CollectiveCall call, string group, int silent, TimeSpan waited) => new(string.Create(
        CultureInfo.InvariantCulture,
        $"Expected {Describe(call, group)} to end within {Duration(waited)}, but it did not, and rank {silent} does not answer."))
    {
        Ranks = [silent],
        Call = call.Kind,
        Sequence = call.Sequence,
        Tensor = call.Tensor,
    };

    /// <summary>A rank is gone.</summary>
    /// <param name="call">What it was waited for in; null where nobody waits.</param>
    /// <param name="group">Name of the group.</param>
    /// <param name="lost">Who is gone.</param>
    /// <param name="reason">Why, as the end of a sentence, without a full stop: "its group was disposed".</param>
    /// <param name="innerException">What lies below.</param>
    public static RankLostException Lost(CollectiveCall? call, string group, int lost, string reason, Exception? innerException = null) => new(
        call is { } known
            ? string.Create(CultureInfo.InvariantCulture, $"Expected rank {lost} at {Describe(known, group)}, but it is gone: {reason}.")
            : string.Create(CultureInfo.InvariantCulture, $"Rank {lost} of group '{group}' is gone: {reason}."),
        innerException)
    {
        Ranks = [lost],
        Call = call?.Kind,
        Sequence = call?.Sequence ?? -1,
        Tensor = call?.Tensor,
    };

    /// <summary>A rank has cancelled its call.</summary>
    /// <param name="call">The call.</param>
    /// <param name="group">Name of the group.</param>
    /// <param name="rank">The rank.</param>
    public static RankLostException Cancelled(in CollectiveCall call, string group, int rank)
        => Lost(call, group, rank, "it cancelled the call");

    /// <summary>What a rank itself gets that has cancelled its call.</summary>
    /// <param name="call">The call.</param>
    /// <param name="group">Name of the group.</param>
    /// <param name="rank">The rank.</param>
    /// <param name="innerException">What the backend has thrown.</param>
    public static OperationCanceledException CancelledHere(in CollectiveCall call, string group, int rank, OperationCanceledException innerException) => new(
        string.Create(CultureInfo.InvariantCulture, $"Rank {rank} has cancelled {Describe(call, group)}; the group is of no more use."), innerException, call.CancellationToken);

    /// <summary>"250 ms", "30 s", "5 min".</summary>
    public static string Duration(TimeSpan duration) => duration switch
    {
        { TotalSeconds: < 1 } => string.Create(CultureInfo.InvariantCulture, $"{duration.TotalMilliseconds:0.###} ms"),
        { TotalMinutes: < 2 } => string.Create(CultureInfo.InvariantCulture, $"{duration.TotalSeconds:0.###} s"),
        _ => string.Create(CultureInfo.InvariantCulture, $"{duration.TotalMinutes:0.###} min"),
    };

    private static string Peer(in CollectiveCall call) => call.Kind switch
    {
        CollectiveKind.Send => string.Create(CultureInfo.InvariantCulture, $" to rank {call.Root}"),
        CollectiveKind.Receive => string.Create(CultureInfo.InvariantCulture, $" from rank {call.Root}"),
        _ => "",
    };
}
