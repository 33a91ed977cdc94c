using Mlp.Features.Joins;
using Mlp.Runtime.Data;

namespace Mlp.Features.Skew;

/// <summary>Finds out why the online store served something else than the offline store gives.</summary>
internal static class SkewVerdicts
{
    /// <param name="served">What was served.</param>
    /// <param name="now">What the online store says now.</param>
    /// <param name="known">All rows of the entity offline.</param>
    /// <param name="time">The time of the question, microseconds.</param>
    /// <param name="requestTime">When it was asked.</param>
    internal static SkewVerdict Of(ServedAnswer served, ServedAnswer now, IReadOnlyList<HistoryRow> known, long time, long requestTime)
    {
        var winner = Winner(known, time);
        if (served.EventTime is not { } eventTime)
        {
            // Online there was nothing to see, or a row from after the time of the question.
            return time < requestTime && known.Any(row => !BruteForce.IsVisible(row, time, JoinMode.CreatedTime) && BruteForce.IsVisible(row, requestTime, JoinMode.CreatedTime))
                ? SkewVerdict.QuestionAboutThePast
                : winner is { } missed ? Behind(missed, now) : SkewVerdict.DifferentValue;
        }

        var sameTime = known.Where(row => row.Version.EventTime == eventTime).ToList();
        if (sameTime.Count == 0)
        {
            return SkewVerdict.OnlineOnly;
        }

        var sources = served.HasValues ? sameTime.FindAll(row => row.Values.AsSpan().SequenceEqual([.. served.Values])) : sameTime;
        if (sources.Count == 0)
        {
            return SkewVerdict.DifferentValue;
        }

        var visible = sources.FindAll(row => BruteForce.IsVisible(row, time, JoinMode.CreatedTime));
        if (visible.Count == 0)
        {
            return time < requestTime && sources.Exists(row => BruteForce.IsVisible(row, requestTime, JoinMode.CreatedTime)) ? SkewVerdict.QuestionAboutThePast : SkewVerdict.DifferentValue;
        }

        // The row was one of those that could be seen: either it is the one that should have been, and its status is wrong, or a later one had not arrived.
        return winner is { } later && !visible.Contains(later) ? Behind(later, now) : SkewVerdict.DifferentValue;
    }

    private static HistoryRow? Winner(IReadOnlyList<HistoryRow> known, long time)
    {
        HistoryRow? winner = null;
        foreach (var row in known)
        {
            if (BruteForce.IsVisible(row, time, JoinMode.CreatedTime) && (winner is not { } current || Visibility.Supersedes(row.Version, current.Version)))
            {
                winner = row;
            }
        }

        return winner;
    }

    /// <summary>Rows of an ingest have even sequences and pushed ones odd (<see cref="Offline.IngestSequences"/>).</summary>
    private static SkewVerdict Behind(in HistoryRow later, ServedAnswer now)
    {
        var hasArrived = now.EventTime > later.Version.EventTime || (now.EventTime == later.Version.EventTime && (!now.HasValues || now.Values.SequenceEqual(later.Values)));
        return (later.Version.Sequence & 1) == 0
            ? hasArrived ? SkewVerdict.MaterializedLate : SkewVerdict.NotMaterialized
            : hasArrived ? SkewVerdict.PushedLate : SkewVerdict.OfflineOnly;
    }
}
