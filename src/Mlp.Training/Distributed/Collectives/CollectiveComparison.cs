using System.Globalization;

namespace Mlp.Training.Distributed.Collectives;

/// <summary>Finds out what differs between the calls of ranks.</summary>
internal static class CollectiveComparison
{
    /// <summary>Whether a rank's call fits another's. Time limits and who waits may differ.</summary>
    public static bool Matches(in CollectiveCall one, in CollectiveCall other)
        => one.Sequence == other.Sequence
            && one.Kind == other.Kind
            && one.Element == other.Element
            && one.Operation == other.Operation
            && one.Root == other.Root
            && (one.Counts is null ? one.Length == other.Length && other.Counts is null : HaveEqualCounts(one.Counts, other.Counts))
            && string.Equals(one.Tensor, other.Tensor, StringComparison.Ordinal);

    /// <summary>What differs, where the calls of ranks do not fit. The ranks that differ from the most are to blame; where as many stand against as many, those that differ from the lowest rank.</summary>
    /// <param name="calls">The call of each rank, by rank.</param>
    /// <param name="group">Name of the group.</param>
    /// <returns>The failure; null where all fit.</returns>
    public static CollectiveMismatchException? Find(ReadOnlySpan<CollectiveCall> calls, string group)
    {
        var (norm, others) = (0, FindOthers(calls, 0));
        for (var rank = 1; rank < calls.Length && others.Count > 0; rank++)
        {
            if (FindOthers(calls, rank) is var found && found.Count < others.Count)
            {
                (norm, others) = (rank, found);
            }
        }

        if (others.Count == 0)
        {
            return null;
        }

        var (first, other) = (calls[norm], calls[others[0]]);
        var (what, expected, actual) = Difference(first, other);
        return new CollectiveMismatchException(
            $"Expected the same call on all ranks of group '{group}', but {CollectiveSentences.Ranks(others)} differ{(others.Count == 1 ? "s" : "")} from rank {norm}: {what} is {expected} on rank {norm} in "
            + $"{CollectiveSentences.Describe(first, group)} and {actual} on rank {others[0]} in {CollectiveSentences.Describe(other, group)}.")
        {
            Ranks = others,
            Call = first.Kind,
            Sequence = first.Sequence,
            Tensor = first.Tensor,
        };
    }

    /// <summary>What does not fit between a Send and the Receive on the other side.</summary>
    /// <param name="send">What the sender asks for.</param>
    /// <param name="sender">Its rank.</param>
    /// <param name="receive">What the receiver asks for.</param>
    /// <param name="receiver">Its rank.</param>
    /// <param name="group">Name of the group.</param>
    /// <returns>The failure; null where they fit.</returns>
    public static CollectiveMismatchException? Find(in CollectiveCall send, int sender, in CollectiveCall receive, int receiver, string group)
    {
        if (send.Element == receive.Element && send.Length == receive.Length && string.Equals(send.Tensor, receive.Tensor, StringComparison.Ordinal))
        {
            return null;
        }

        var (what, expected, found) = Difference(send with { Kind = CollectiveKind.Receive, Root = -1, Sequence = 0 }, receive with { Root = -1, Sequence = 0 });
        return new CollectiveMismatchException(string.Create(
            CultureInfo.InvariantCulture,
            $"Expected rank {receiver} to receive what rank {sender} sends, but {what} is {expected} in {CollectiveSentences.Describe(send, group)} and {found} in {CollectiveSentences.Describe(receive, group)}."))
        {
            Ranks = [receiver],
            Call = send.Kind,
            Sequence = send.Sequence,
            Tensor = send.Tensor,
        };
    }

    /// <summary>Two ranks that shall be in one group disagree about its ranks.</summary>
    /// <param name="call">The call.</param>
    /// <param name="group">Name of the group that is split.</param>
    /// <param name="one">A rank.</param>
    /// <param name="list">Its list.</param>
    /// <param name="other">A rank on the list.</param>
    /// <param name="otherList">The list of that rank.</param>
    public static CollectiveMismatchException SplitMismatch(in CollectiveCall call, string group, int one, IEnumerable<int> list, int other, IEnumerable<int> otherList) => new(string.Create(
        CultureInfo.InvariantCulture,
        $"Expected equal lists of all ranks of a new group, but rank {one} has [{string.Join(", ", list)}] and rank {other} has [{string.Join(", ", otherList)}] in {CollectiveSentences.Describe(call, group)}."))
    {
        Ranks = [Math.Min(one, other), Math.Max(one, other)],
        Call = call.Kind,
        Sequence = call.Sequence,
        Tensor = call.Tensor,
    };

    private static List<int> FindOthers(ReadOnlySpan<CollectiveCall> calls, int norm)
    {
        var others = new List<int>();
        for (var rank = 0; rank < calls.Length; rank++)
        {
            if (!Matches(calls[norm], calls[rank]))
            {
                others.Add(rank);
            }
        }

        return others;
    }

    private static bool HaveEqualCounts(int[] one, int[]? other) => other is not null && one.AsSpan().SequenceEqual(other);

    private static (string What, string Expected, string Found) Difference(in CollectiveCall one, in CollectiveCall other)
    {
        if (one.Kind != other.Kind)
        {
            return ("the call", one.Kind.ToString(), other.Kind.ToString());
        }

        if (one.Sequence != other.Sequence)
        {
            return ("the number of the call", Text(one.Sequence), Text(other.Sequence));
        }

        if (one.Element != other.Element)
        {
            return ("the type", one.Element.ToString(), other.Element.ToString());
        }

        if (one.Root != other.Root)
        {
            return ("the root", Text(one.Root), Text(other.Root));
        }

        if (one.Operation != other.Operation)
        {
            return ("the operation", one.Operation.ToString(), other.Operation.ToString());
        }

        if (one.Counts is not null || other.Counts is not null)
        {
            var (left, right) = (Counts(one), Counts(other));
            if (left != right)
            {
                return ("the list of lengths", left, right);
            }
        }

        return one.Length != other.Length
            ? ("the length", Text(one.Length), Text(other.Length))
            : ("the name", Name(one), Name(other));
    }

    private static string Text(long value) => value.ToString(CultureInfo.InvariantCulture);

    private static string Counts(in CollectiveCall call) => call.Counts is { } counts ? $"[{string.Join(", ", counts)}]" : $"{Text(call.Length)} for each rank";

    private static string Name(in CollectiveCall call) => call.Tensor is { } name ? $"'{name}'" : "none";
}
