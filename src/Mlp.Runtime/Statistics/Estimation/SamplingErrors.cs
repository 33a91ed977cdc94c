namespace Mlp.Runtime.Statistics.Estimation;

/// <summary>
/// How much each figure varies from sample to sample, learnt on the reference: the standard deviation per relevant row and the share of relevant rows, so that the error over n rows is
/// deviation / √(n·share). NannyML's formulas (its module <c>sampling_error</c>).
/// </summary>
internal static class SamplingErrors
{
    private const int ExperimentCount = 50;
    private const int MaximumSampleSize = 50_000;

    /// <summary>The components of a figure.</summary>
    /// <param name="metric">Which figure.</param>
    /// <param name="scores">Shape (rows), uncalibrated.</param>
    /// <param name="labels">Shape (rows), 0 or 1.</param>
    /// <param name="threshold">Decision threshold.</param>
    internal static (double Deviation, double RelevantShare) Of(EstimatedMetric metric, ReadOnlySpan<double> scores, ReadOnlySpan<byte> labels, double threshold)
    {
        if (metric == EstimatedMetric.Auc)
        {
            return OfAuc(scores, labels);
        }

        if (metric == EstimatedMetric.AveragePrecision)
        {
            return OfAveragePrecision(scores, labels);
        }

        using var classes = ClassScores.Create(scores, labels);
        var counts = ConfusionCounts.AtThreshold(classes.Positives, classes.Negatives, threshold);
        double rows = scores.Length;
        return metric switch
        {
            EstimatedMetric.Accuracy => (DeviationOf(counts.TruePositives + counts.TrueNegatives, rows), 1),
            EstimatedMetric.Precision => OfShare(counts.TruePositives, counts.TruePositives + counts.FalsePositives, rows),
            EstimatedMetric.Recall => OfShare(counts.TruePositives, counts.TruePositives + counts.FalseNegatives, rows),
            EstimatedMetric.Specificity => OfShare(counts.TrueNegatives, counts.TrueNegatives + counts.FalsePositives, rows),
            EstimatedMetric.F1 => OfF1(counts, rows),
            EstimatedMetric.TruePositive => (DeviationOf(counts.TruePositives, rows), 1),
            EstimatedMetric.TrueNegative => (DeviationOf(counts.TrueNegatives, rows), 1),
            EstimatedMetric.FalsePositive => (DeviationOf(counts.FalsePositives, rows), 1),
            EstimatedMetric.FalseNegative => (DeviationOf(counts.FalseNegatives, rows), 1),
            _ => throw new ArgumentOutOfRangeException(nameof(metric), metric, "Expected a known figure."),
        };
    }

    private static (double, double) OfShare(double hits, double relevant, double rows) => (relevant == 0 ? double.NaN : DeviationOf(hits, relevant), relevant / rows);

    /// <summary>Each relevant row says 0 or, where it is a true positive, the factor that makes the mean F1.</summary>
    private static (double, double) OfF1(ConfusionCounts counts, double rows)
    {
        var relevant = counts.TruePositives + counts.FalsePositives + counts.FalseNegatives;
        var factor = relevant / (((counts.FalsePositives + counts.FalseNegatives) / 2) + counts.TruePositives);
        return relevant == 0 ? (double.NaN, 0) : (factor * DeviationOf(counts.TruePositives, relevant), relevant / rows);
    }

    private static double DeviationOf(double ones, double rows) => Math.Sqrt(ones / rows * (1 - (ones / rows)));

    /// <summary>The deviation of the share of the other class below each row of the rarer class.</summary>
    private static (double, double) OfAuc(ReadOnlySpan<double> scores, ReadOnlySpan<byte> labels)
    {
        var positive = 0;
        foreach (var label in labels)
        {
            positive += label;
        }

        var isFlipped = positive > labels.Length / 2.0;
        var (keys, truth) = (new double[scores.Length], new byte[scores.Length]);
        for (var i = 0; i < keys.Length; i++)
        {
            keys[i] = isFlipped ? 1 - scores[i] : scores[i];
            truth[i] = isFlipped ? (byte)(1 - labels[i]) : labels[i];
        }

        var rare = isFlipped ? labels.Length - positive : positive;
        double common = labels.Length - rare;
        var (count, below, mean, squares) = (0, 0, 0.0, 0.0);
        foreach (var row in Enumerable.Range(0, keys.Length).OrderBy(i => keys[i]))
        {
            if (truth[row] == 0)
            {
                below++;
                continue;
            }

            count++;
            var delta = (below / common) - mean;
            mean += delta / count;
            squares += delta * ((below / common) - mean);
        }

        return (count == 0 || common == 0 ? double.NaN : Math.Sqrt(squares / count), rare / (double)labels.Length);
    }

    /// <summary>By samples with replacement, since there is no formula: as deviation of one row, error of the sample times the root of its size. Seeded.</summary>
    private static (double, double) OfAveragePrecision(ReadOnlySpan<double> scores, ReadOnlySpan<byte> labels)
    {
        var random = new Random(42);
        var size = Math.Min(scores.Length / 2, MaximumSampleSize);
        if (size == 0 || !labels.Contains((byte)1))
        {
            return (double.NaN, 1);
        }

        var (sample, truth) = (new double[size], new byte[size]);
        var (count, mean, squares) = (0, 0.0, 0.0);
        for (var experiment = 0; experiment < ExperimentCount; experiment++)
        {
            for (var i = 0; i < size; i++)
            {
                var row = random.Next(scores.Length);
                (sample[i], truth[i]) = (scores[row], labels[row]);
            }

            using var classes = ClassScores.Create<double>(sample, truth);
            var value = AveragePrecision.Compute(classes.Positives, classes.Negatives);
            if (!double.IsNaN(value))
            {
                var delta = value - mean;
                mean += delta / ++count;
                squares += delta * (value - mean);
            }
        }

        return (Math.Sqrt(squares / count) * Math.Sqrt(size), 1);
    }
}
