using System.Runtime.InteropServices;

namespace Mlp.Runtime.Statistics.Intervals;

/// <summary>The confidence intervals of a binary classifier's figures: by formula where there is one, by sampling else. Weighted rows count as their effective number.</summary>
internal static class BinaryIntervals
{
    /// <summary>Computes them.</summary>
    /// <param name="metrics">The figures.</param>
    /// <param name="scores">Shape (rows), without NaN.</param>
    /// <param name="labels">Shape (rows), 0 or 1.</param>
    /// <param name="weights">Shape (rows), above 0.</param>
    /// <param name="withBootstrap">Whether average precision gets one too.</param>
    /// <param name="seed">Seed of the sampling.</param>
    internal static Dictionary<string, ConfidenceInterval> Compute(
        BinaryClassificationMetrics metrics,
        ReadOnlySpan<double> scores,
        ReadOnlySpan<byte> labels,
        ReadOnlySpan<double> weights,
        bool withBootstrap,
        int seed = Bootstrap.DefaultSeed)
    {
        var confusion = metrics.Confusion;
        var total = confusion.TruePositives + confusion.FalsePositives + confusion.TrueNegatives + confusion.FalseNegatives;
        var scale = SamplingWeights.EffectiveCount(weights) / total;
        var intervals = new Dictionary<string, ConfidenceInterval>(StringComparer.Ordinal)
        {
            [MetricTerms.Auc] = AucInterval.Compute(metrics.Auc, scores, MemoryMarshal.Cast<byte, bool>(labels), weights),
            [MetricTerms.Accuracy] = ConfidenceInterval.Wilson(metrics.Accuracy, total * scale),
            [MetricTerms.Precision] = ConfidenceInterval.Wilson(metrics.Precision, (confusion.TruePositives + confusion.FalsePositives) * scale),
            [MetricTerms.Recall] = ConfidenceInterval.Wilson(metrics.Recall, (confusion.TruePositives + confusion.FalseNegatives) * scale),
            [MetricTerms.F1] = F1(confusion, scale),
        };
        if (metrics.Calibration.Count > 0)
        {
            var (logLoss, brier) = (default(RunningMean), default(RunningMean));
            for (var i = 0; i < scores.Length; i++)
            {
                var miss = Math.Clamp(labels[i] == 1 ? 1 - scores[i] : scores[i], 0, 1);
                logLoss.Add(-Math.Log(LogLoss.Clip(1 - miss)), weights[i]);
                brier.Add(miss * miss, weights[i]);
            }

            intervals[MetricTerms.LogLoss] = logLoss.Interval;
            intervals[MetricTerms.Brier] = brier.Interval;
        }

        if (withBootstrap)
        {
            intervals[MetricTerms.AveragePrecision] = AveragePrecision(metrics, scores, labels, weights, seed);
        }

        return intervals;
    }

    /// <summary>F1 = 2J / (1 + J) grows with the share J = TP / (TP + FP + FN), whose interval is known.</summary>
    internal static ConfidenceInterval F1(ConfusionCounts confusion, double scale)
    {
        var relevant = confusion.TruePositives + confusion.FalsePositives + confusion.FalseNegatives;
        return ConfidenceInterval.Wilson(confusion.TruePositives / relevant, relevant * scale).Map(j => 2 * j / (1 + j));
    }

    private static ConfidenceInterval AveragePrecision(
        BinaryClassificationMetrics metrics, ReadOnlySpan<double> scores, ReadOnlySpan<byte> labels, ReadOnlySpan<double> weights, int seed)
    {
        var (rows, truth, own) = (scores.ToArray(), labels.ToArray(), weights.ContainsAnyExcept(1.0) ? weights.ToArray() : []);
        var error = Bootstrap.StandardError(
            rows.Length,
            sample =>
            {
                var (drawn, labelled) = (Array.ConvertAll(sample, i => rows[i]), Array.ConvertAll(sample, i => truth[i]));
                if (own.Length > 0)
                {
                    return BinaryClassificationMetrics.ComputeWeighted(drawn, labelled, Array.ConvertAll(sample, i => own[i]), 0.5).AveragePrecision;
                }

                using var classes = ClassScores.Create<double>(drawn, labelled);
                return Statistics.AveragePrecision.Compute(classes.Positives, classes.Negatives);
            },
            seed);
        return ConfidenceInterval.Normal(metrics.AveragePrecision, error, 0, 1);
    }
}
