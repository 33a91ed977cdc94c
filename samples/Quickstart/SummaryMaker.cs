using System.Globalization;
using Mlp.Runtime.Statistics;
using Quickstart.Data;
using Quickstart.Stages;

namespace Quickstart;

/// <summary>Puts the results of the stages together and says what did not hold.</summary>
internal static class SummaryMaker
{
    /// <summary>A better AUC than this on the real trips would mean that the future leaked in.</summary>
    private const double SuspiciousAuc = 0.95;
    private const double LiveTolerance = 1e-9;

    /// <summary>How far from the known optimum, or from chance where there is nothing to find, a good run may end.</summary>
    private const double OptimumTolerance = 0.02;
    private const double ChanceTolerance = 0.03;

    /// <summary>The synthetic stream has its signal in the stored features; a model without them that is better than this has seen what it should not.</summary>
    private const double LargestAucWithoutViews = 0.60;

    public static QuickstartSummary Make(
        QuickstartOptions options, TripPartition trips, Ingested ingested, Joined joined, Trained trained, Published published, Replayed replayed, Verified verified, TimeSpan elapsed)
    {
        var replay = trips.Replay;
        var latencies = replayed.Latencies.Order().ToList();
        var optimum = trips.Source.Optimum.Count == 0 ? (double?)null : Auc(trips.Source.Optimum.Skip(trips.ReplayIndex), trips.ReplayLabels);
        var proof = trained.Complete.ExportProof;
        return new QuickstartSummary
        {
            Source = trips.Source.Name,
            TrainingRows = trips.GateIndex,
            GateRows = trips.ReplayIndex - trips.GateIndex,
            ReplayRows = replay.Count,
            IngestedFeatureRows = ingested.RowCount,
            IngestedBefore = ingested.RepeatedRowCount,
            CheckedForLeaks = joined.Leakage.RowCount,
            Leaks = joined.Leakage.DifferenceCount,
            PaymentTypeAuc = PaymentTypeAuc(trips),
            WithoutViewsAuc = verified.WithoutViewsAuc,
            Champion = verified.Champion,
            OptimumAuc = optimum,
            ExportDifference = proof.MaximumDifference,
            ExportTolerance = proof.Tolerance,
            ModelVersion = published.New.Version,
            ChampionVersion = published.Champion.Version,
            GateVerdict = published.Verdict.Reason,
            IsPromoted = published.Verdict.IsPromotion,
            PredictionsPerSecond = latencies.Count / latencies.Sum(l => l.TotalSeconds),
            LatencyMedian = latencies[latencies.Count / 2],
            LatencyP99 = latencies[latencies.Count * 99 / 100],
            Logged = verified.Logged,
            Dropped = verified.Dropped,
            Labelled = replayed.LabelCount,
            LiveAuc = verified.LiveAuc,
            SkewedRows = verified.Skewed,
            Drift = [.. verified.Drift.Features.Where(f => !f.IsScore).Select(f => (f.Name, f.PopulationStabilityIndex))],
            DataDirectory = Path.GetFullPath(options.DataDirectory),
            Elapsed = elapsed,
            Failures = [.. Failures(trips, joined, trained, replayed, verified), .. FindQualityFailures(trips.Source, verified, optimum)],
        };
    }

    private static IEnumerable<string> Failures(TripPartition trips, Joined joined, Trained trained, Replayed replayed, Verified verified)
    {
        var count = trips.Replay.Count;
        if (joined.Leakage.DifferenceCount > 0)
        {
            yield return Sentence($"Expected no training row to see its future, but {joined.Leakage.DifferenceCount} of {joined.Leakage.RowCount} differ from a recomputation.");
        }

        if (trained.Complete.ExportProof is var proof && proof.MaximumDifference > proof.Tolerance)
        {
            yield return Sentence($"Expected the exported model within {proof.Tolerance} of the trained one, but it differs by {proof.MaximumDifference}.");
        }

        if (verified.Logged != count || verified.Dropped > 0)
        {
            yield return Sentence($"Expected all {count} predictions in the log, but found {verified.Logged}, and {verified.Dropped} were dropped.");
        }

        if (replayed.LabelCount != count)
        {
            yield return Sentence($"Expected {count} labels, but recorded {replayed.LabelCount}.");
        }

        if (verified.Skewed > 0)
        {
            yield return Sentence($"Expected the served features to equal the point-in-time rows bit for bit, but {verified.Skewed} of {count} rows differ.");
        }

        if (!(Math.Abs(verified.LiveAuc - verified.Champion.Auc) <= LiveTolerance))
        {
            yield return Sentence($"Expected the live AUC to equal the offline one, but found {verified.LiveAuc:R} and {verified.Champion.Auc:R}.");
        }
    }

    /// <summary>What is known beforehand of a source decides what is good enough; of a file that anybody may bring, only that the future must not help.</summary>
    internal static IEnumerable<string> FindQualityFailures(TripSource source, Verified verified, double? optimum)
    {
        var auc = verified.Champion.Auc;
        if (source.IsShuffled)
        {
            if (!(Math.Abs(auc - 0.5) <= ChanceTolerance))
            {
                yield return Sentence($"Expected an AUC of 0.50 ± {ChanceTolerance} on shuffled outcomes, but found {auc:F4}: a leak is suspected.");
            }
        }
        else if (optimum is { } best)
        {
            if (!(auc >= best - OptimumTolerance))
            {
                yield return Sentence($"Expected an AUC within {OptimumTolerance} of the known optimum {best:F4}, but found {auc:F4}.");
            }

            if (!(verified.WithoutViewsAuc <= LargestAucWithoutViews))
            {
                yield return Sentence($"Expected an AUC of at most {LargestAucWithoutViews} without the feature views, but found {verified.WithoutViewsAuc:F4}: a leak is suspected.");
            }
        }

        if (auc > (optimum + OptimumTolerance ?? SuspiciousAuc))
        {
            yield return Sentence($"An AUC of {auc:F4} is too good to be true: a leak is suspected.");
        }

        var drifted = verified.Drift.Features.FirstOrDefault(f => !f.IsScore)?.Name;
        if (source.PlantedDrift is { } planted && drifted != planted)
        {
            yield return Sentence($"Expected '{planted}', which was made to drift, to have drifted most, but found '{drifted}'.");
        }
    }

    /// <summary>What the payment type alone gives: its share of big tips among the training rows as the score.</summary>
    private static double PaymentTypeAuc(TripPartition trips)
    {
        var shares = trips.History.Zip(trips.Labels).Take(trips.GateIndex)
            .GroupBy(p => p.First.PaymentType)
            .ToDictionary(g => g.Key, g => g.Average(p => p.Second ? 1.0 : 0.0));
        return Auc(trips.Replay.Select(t => shares.GetValueOrDefault(t.PaymentType, 0.5)), trips.ReplayLabels);
    }

    private static double Auc(IEnumerable<double> scores, IReadOnlyList<bool> labels)
        => BinaryClassificationMetrics.Compute(scores.ToArray(), labels.ToArray()).Auc;

    private static string Sentence(FormattableString text) => text.ToString(CultureInfo.InvariantCulture);
}
