using Mlp.Runtime.Statistics;
using Quickstart.Data;
using Quickstart.Stages;

namespace Quickstart;

/// <summary>Puts the results of the stages together.</summary>
internal static class SummaryMaker
{
    public static QuickstartSummary Make(
        QuickstartOptions options, TripPartition trips, Ingested ingested, Joined joined, Trained trained, Published published, Replayed replayed, Verified verified, TimeSpan elapsed)
    {
        var replay = trips.Replay;
        var latencies = replayed.Latencies.Order().ToList();
        var optimum = trips.Source.Optimum.Count == 0 ? (double?)null : Auc(trips.Source.Optimum.Skip(trips.ReplayIndex), trips.ReplayLabels);
        var proof = trained.Complete.ExportProof;
        var summary = new QuickstartSummary
        {
            Source = trips.Source.Name,
            WarmUpTrips = trips.TrainingIndex,
            TrainingRows = trips.GateIndex - trips.TrainingIndex,
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
            EarlierPredictions = verified.Earlier,
            SkewedRows = verified.Skewed,
            Drift = [.. verified.Drift.Features.Where(f => !f.IsScore).Select(f => (f.Name, f.PopulationStabilityIndex))],
            ReportPath = verified.ReportPath,
            DataDirectory = Path.GetFullPath(options.DataDirectory),
            Elapsed = elapsed,
            KnownAuc = trips.Source.KnownAuc,
            IsShuffled = trips.Source.IsShuffled,
            PlantedDrift = trips.Source.PlantedDrift,
            Failures = [],
        };
        return summary with { Failures = SummaryChecks.FindFailures(summary) };
    }

    /// <summary>What the payment type alone gives: its share of big tips among the training rows as the score.</summary>
    private static double PaymentTypeAuc(TripPartition trips)
    {
        var shares = trips.History.Zip(trips.HistoryLabels).Take(trips.GateIndex - trips.TrainingIndex)
            .GroupBy(p => p.First.PaymentType)
            .ToDictionary(g => g.Key, g => g.Average(p => p.Second ? 1.0 : 0.0));
        return Auc(trips.Replay.Select(t => shares.GetValueOrDefault(t.PaymentType, 0.5)), trips.ReplayLabels);
    }

    private static double Auc(IEnumerable<double> scores, IReadOnlyList<bool> labels)
        => BinaryClassificationMetrics.Compute(scores.ToArray(), labels.ToArray()).Auc;
}
