using System.Globalization;

namespace Quickstart;

/// <summary>What a run is held to. A check that a summary does not pass makes the run a failed one.</summary>
internal static class SummaryChecks
{
    /// <summary>How far the champion may lie from the known optimum. Above it, too: nobody beats the truth by more than chance unless a leak helps.</summary>
    private const double OptimumTolerance = 0.02;

    /// <summary>The synthetic signal lies in the history; a model that finds this much without it has another source.</summary>
    private const double HighestAucWithoutViews = 0.60;

    private const double ShuffledTolerance = 0.03;
    private const double LiveTolerance = 1e-9;

    /// <summary>A sentence for each thing that does not hold; none for a good run.</summary>
    public static IReadOnlyList<string> FindFailures(QuickstartSummary summary)
        => [.. Consistency(summary).Concat(Quality(summary)).Select(sentence => sentence.ToString(CultureInfo.InvariantCulture))];

    /// <summary>What holds for any data.</summary>
    private static IEnumerable<FormattableString> Consistency(QuickstartSummary summary)
    {
        var count = summary.ReplayRows;
        if (summary.Leaks > 0)
        {
            yield return $"Expected no training row to see its future, but {summary.Leaks} of {summary.CheckedForLeaks} differ from a recomputation.";
        }

        if (!(summary.ExportDifference <= summary.ExportTolerance))
        {
            yield return $"Expected the exported model within {summary.ExportTolerance} of the trained one, but it differs by {summary.ExportDifference}.";
        }

        if (summary.Logged != count || summary.Dropped > 0)
        {
            yield return $"Expected all {count} predictions in the log, but found {summary.Logged}, and {summary.Dropped} were dropped.";
        }

        if (summary.Labelled != count)
        {
            yield return $"Expected {count} labels, but recorded {summary.Labelled}.";
        }

        if (summary.SkewedRows > 0)
        {
            yield return $"Expected the served features to equal the point-in-time rows bit for bit, but {summary.SkewedRows} of {count} rows differ.";
        }

        if (!summary.IsLiveOfOtherRows && !(Math.Abs(summary.LiveAuc - summary.Champion.Auc) <= LiveTolerance))
        {
            yield return $"Expected the live AUC to equal the offline one, but found {summary.LiveAuc:R} and {summary.Champion.Auc:R}.";
        }
    }

    /// <summary>What holds for data whose answers are known.</summary>
    private static IEnumerable<FormattableString> Quality(QuickstartSummary summary)
    {
        var auc = summary.Champion.Auc;

        // Three standard errors of an AUC of 0.5 over equally many of both outcomes are 3 / sqrt(3 n): 0.029 for the 3,600 rows of the default stream, more for a small file.
        var chance = Math.Max(ShuffledTolerance, Math.Sqrt(3.0 / summary.ReplayRows));
        if (summary.IsShuffled && !(Math.Abs(auc - 0.5) <= chance))
        {
            yield return $"Expected an AUC within {chance:F3} of 0.5 where outcomes are shuffled, but found {auc:F4}: a leak of outcomes is suspected.";
        }

        if (summary.OptimumAuc is { } optimum)
        {
            if (!(auc >= optimum - OptimumTolerance))
            {
                yield return $"Expected an AUC within {OptimumTolerance} of the known optimum {optimum:F4}, but found only {auc:F4}.";
            }

            if (auc > optimum + OptimumTolerance)
            {
                yield return $"Expected an AUC within {OptimumTolerance} of the known optimum {optimum:F4}, but {auc:F4} is too good to be true: a leak is suspected.";
            }

            if (!(summary.WithoutViewsAuc <= HighestAucWithoutViews))
            {
                yield return $"Expected an AUC of at most {HighestAucWithoutViews:F2} without the feature views, but found {summary.WithoutViewsAuc:F4}: the request must not tell the outcome.";
            }
        }

        if (summary.KnownAuc is { } known)
        {
            if (!(auc >= known.Lowest))
            {
                yield return $"Expected an AUC of at least {known.Lowest} on these trips, which small models are known to reach, but found {auc:F4}.";
            }

            if (auc > known.Highest)
            {
                yield return $"Expected an AUC of at most {known.Highest} on these trips, but {auc:F4} is too good to be true: a leak is suspected.";
            }
        }

        if (summary.PlantedDrift is { } planted && (summary.Drift.Count == 0 || summary.Drift[0].Feature != planted))
        {
            var found = summary.Drift.Count == 0 ? "no feature compared" : $"'{summary.Drift[0].Feature}'";
            yield return $"Expected '{planted}', whose drift was planted, to have drifted most, but found {found}.";
        }
    }
}
