using Mlp.Runtime.Models;
using Mlp.Runtime.Statistics;

namespace Mlp.Monitoring.Performance;

/// <summary>Computes the figures of a group, by the kernels that evaluate holdouts, with their confidence intervals.</summary>
internal static class QualityCalculator
{
    /// <summary>The result of a group, whose subject and window the caller fills in.</summary>
    /// <param name="group">The answers.</param>
    /// <param name="output">What the model's output means.</param>
    /// <param name="model">Model name.</param>
    /// <param name="version">Model version.</param>
    /// <param name="options">Says which figures; null for the plain ones without intervals.</param>
    public static PerformanceResult Compute(QualityGroup group, ModelOutput output, string model, int version, EvaluationOptions? options)
    {
        var result = new PerformanceResult
        {
            Model = model,
            Version = version,
            Task = output.Task,
            PredictionCount = group.PredictionCount,
            ScoredCount = group.ScoredCount,
            LabelledCount = group.LabelledCount,
            ScoredWeight = group.ScoredWeight,
            LabelledWeight = group.LabelledWeight,
            UnusableCount = group.LabelledCount - group.Scores.Length,
            WrongLabelCount = group.WrongLabelCount,
        };
        if (group.Scores.IsEmpty)
        {
            return result;
        }

        return output.Task switch
        {
            ModelTask.BinaryClassification => Binary(result, group, output.DecisionThreshold, options),
            ModelTask.Regression => Regression(result, group, options),
            ModelTask.MulticlassClassification => Multiclass(result, group, options),
            ModelTask.Ranking => Ranking(result, group, options),
            _ => result,
        };
    }

    private static PerformanceResult Binary(PerformanceResult result, QualityGroup group, double threshold, EvaluationOptions? options)
    {
        var scores = group.Scores;
        var weights = group.Weights;
        var labels = AsBytes(group.Labels);
        var metrics = BinaryClassificationMetrics.ComputeWeighted(scores, labels, weights, threshold);
        result = result with { BinaryClassification = metrics };
        return options is null ? result : result with { Intervals = BinaryIntervals.Compute(metrics, scores, labels, weights, options.Bootstrap) };
    }

    private static PerformanceResult Regression(PerformanceResult result, QualityGroup group, EvaluationOptions? options)
    {
        var (scores, labels, weights) = (group.Scores.ToArray(), group.Labels.ToArray(), group.Weights.ToArray());
        result = result with { Regression = RegressionMetrics.ComputeWeighted(scores, labels, weights) };
        if (options is null)
        {
            return result;
        }

        var (errors, magnitudes, squares, percentages) = (new double[scores.Length], new double[scores.Length], new double[scores.Length], new double[scores.Length]);
        for (var i = 0; i < errors.Length; i++)
        {
            errors[i] = scores[i] - labels[i];
            magnitudes[i] = Math.Abs(errors[i]);
            squares[i] = errors[i] * errors[i];
            percentages[i] = magnitudes[i] / Math.Max(Math.Abs(labels[i]), LogLoss.Epsilon);
        }

        var intervals = new Dictionary<string, ConfidenceInterval>(StringComparer.Ordinal)
        {
            [FigureNames.MeanError] = ConfidenceInterval.OfMean(errors, weights),
            [FigureNames.MeanAbsoluteError] = ConfidenceInterval.OfMean(magnitudes, weights),
            [FigureNames.RootMeanSquaredError] = ConfidenceInterval.OfMean(squares, weights).Map(v => Math.Sqrt(Math.Max(0, v))),
            [FigureNames.MeanAbsolutePercentageError] = ConfidenceInterval.OfMean(percentages, weights),
        };
        if (options.Bootstrap)
        {
            var (rows, targets, own) = ((double[])scores.Clone(), (double[])labels.Clone(), (double[])weights.Clone());
            SortRows(rows, targets, own);
            intervals[FigureNames.RSquared] = ConfidenceInterval.Normal(
                result.Regression!.RSquared,
                Bootstrap.StandardError(rows.Length, sample => RegressionMetrics.ComputeWeighted(Pick(rows, sample), Pick(targets, sample), Pick(own, sample)).RSquared),
                greatest: 1);
        }

        var losses = new Dictionary<double, double>();
        foreach (var quantile in options.Quantiles)
        {
            losses[quantile] = PinballLoss.Compute(scores, labels, weights, quantile);
        }

        return result with { QuantileLosses = losses, Intervals = intervals };
    }

    private static PerformanceResult Multiclass(PerformanceResult result, QualityGroup group, EvaluationOptions? options)
    {
        var labels = Array.ConvertAll(group.Labels.ToArray(), l => (int)l);
        var (values, weights) = (group.Values.ToArray(), group.Weights.ToArray());
        var classCount = values.Length / labels.Length;
        var metrics = MulticlassMetrics.ComputeWeighted(values, labels, weights, classCount);
        result = result with { Multiclass = metrics };
        if (options is null)
        {
            return result;
        }

        var losses = new double[labels.Length];
        for (var i = 0; i < losses.Length; i++)
        {
            losses[i] = -Math.Log(LogLoss.Clip(values[(i * classCount) + labels[i]]));
        }

        var intervals = new Dictionary<string, ConfidenceInterval>(StringComparer.Ordinal)
        {
            [FigureNames.Accuracy] = ConfidenceInterval.Wilson(metrics.Accuracy, EffectiveCount(weights)),
            [FigureNames.LogLoss] = ConfidenceInterval.OfMean(losses, weights),
        };
        if (options.Bootstrap)
        {
            var ordered = Enumerable.Range(0, labels.Length).OrderBy(i => labels[i]).ThenBy(i => values[i * classCount]).ThenBy(i => values[((i + 1) * classCount) - 1]).ToArray();
            MulticlassMetrics Of(int[] sample) => MulticlassMetrics.ComputeWeighted(
                sample.SelectMany(i => values.AsSpan(ordered[i] * classCount, classCount).ToArray()).ToArray(),
                Array.ConvertAll(sample, i => labels[ordered[i]]),
                Array.ConvertAll(sample, i => weights[ordered[i]]),
                classCount);
            intervals[FigureNames.MacroF1] = ConfidenceInterval.Normal(metrics.MacroF1, Bootstrap.StandardError(labels.Length, sample => Of(sample).MacroF1), 0, 1);
            intervals[FigureNames.MacroAuc] = ConfidenceInterval.Normal(metrics.MacroAuc, Bootstrap.StandardError(labels.Length, sample => Of(sample).MacroAuc), 0, 1);
        }

        return result with { Intervals = intervals };
    }

    private static PerformanceResult Ranking(PerformanceResult result, QualityGroup group, EvaluationOptions? options)
    {
        var metrics = RankingMetrics.Compute(group.Scores, group.Labels, group.Queries, options?.RankingCutoff ?? 10);
        return result with
        {
            Ranking = metrics,
            Intervals = new Dictionary<string, ConfidenceInterval>(StringComparer.Ordinal)
            {
                [FigureNames.Ndcg] = metrics.NdcgInterval,
                [FigureNames.MeanReciprocalRank] = metrics.MeanReciprocalRankInterval,
                [FigureNames.MeanAveragePrecision] = metrics.MeanAveragePrecisionInterval,
            },
        };
    }

    /// <summary>How many rows of equal weight say as much: (Σ w)² / Σ w².</summary>
    internal static double EffectiveCount(ReadOnlySpan<double> weights)
    {
        var (sum, squares) = (0.0, 0.0);
        foreach (var weight in weights)
        {
            sum += weight;
            squares += weight * weight;
        }

        return sum * sum / squares;
    }

    internal static double[] Pick(double[] values, int[] sample) => Array.ConvertAll(sample, i => values[i]);

    /// <summary>Brings rows into one order, so that a drawing does not depend on that in which they came.</summary>
    internal static void SortRows(double[] scores, double[] labels, double[] weights)
    {
        var keys = new (double, double, double)[scores.Length];
        for (var i = 0; i < keys.Length; i++)
        {
            keys[i] = (scores[i], labels[i], weights[i]);
        }

        Array.Sort(keys);
        for (var i = 0; i < keys.Length; i++)
        {
            (scores[i], labels[i], weights[i]) = keys[i];
        }
    }

    private static byte[] AsBytes(ReadOnlySpan<double> labels)
    {
        var bytes = new byte[labels.Length];
        for (var i = 0; i < bytes.Length; i++)
        {
            bytes[i] = (byte)labels[i];
        }

        return bytes;
    }
}
