namespace Mlp.Training.Distributed.Collectives.InProcess;

/// <summary>Checks the lists of ranks that ranks show when they form groups.</summary>
internal static class SplitLists
{
    /// <summary>Throws on all ranks where a rank's list differs from that of a rank on it.</summary>
    /// <param name="point">Where they meet.</param>
    /// <param name="call">The call.</param>
    /// <param name="arrival">Its number.</param>
    /// <param name="rank">Who asks.</param>
    public static void ThrowIfMismatched(MeetingPoint point, in CollectiveCall call, long arrival, int rank)
    {
        point.ThrowIfFailed(call);
        for (var one = 0; one < point.WorldSize; one++)
        {
            var list = point.Shown(one, arrival).Ranks!;
            foreach (var other in list)
            {
                if (!list.SequenceEqual(point.Shown(other, arrival).Ranks!))
                {
                    point.Fail(CollectiveComparison.SplitMismatch(call, point.Name, one, list, other, point.Shown(other, arrival).Ranks!));
                    point.ThrowIfFailed(call);
                }
            }
        }
    }
}
