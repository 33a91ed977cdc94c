using Mlp.Runtime.Models;
using Mlp.Runtime.Statistics;
using Mlp.Runtime.Statistics.Intervals;

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

        var intervals = RegressionIntervals.Compute(result.Regression!, scores, labels, weights, options.Bootstrap);
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
        return options is null ? result : result with { Intervals = MulticlassIntervals.Compute(metrics, values, labels, weights, options.Bootstrap) };
    }

    private static PerformanceResult Ranking(PerformanceResult result, QualityGroup group, EvaluationOptions? options)
    {
        var torn = CountTornQueries(group);
        if (torn > 0)
        {
            return result with { TornQueryCount = torn };
        }

        var metrics = RankingMetrics.ComputeWeighted(group.Scores, group.Labels, group.Queries, group.Weights, options?.RankingCutoff ?? 10);
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

    private static int CountTornQueries(QualityGroup group)
    {
        var (weights, torn) = (new Dictionary<ulong, double>(), new HashSet<ulong>());
        for (var i = 0; i < group.Queries.Length; i++)
        {
            if (!weights.TryAdd(group.Queries[i], group.Weights[i]) && weights[group.Queries[i]] != group.Weights[i])
            {
                torn.Add(group.Queries[i]);
            }
        }

        return torn.Count;
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
