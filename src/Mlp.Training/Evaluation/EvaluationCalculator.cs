using System.Globalization;
using Mlp.Runtime.Models;
using Mlp.Runtime.Statistics;
using Mlp.Runtime.Statistics.Intervals;
using Mlp.Training.Evaluation.Slices;

namespace Mlp.Training.Evaluation;

/// <summary>Computes metrics, intervals and parts from scored rows.</summary>
internal static class EvaluationCalculator
{
    private static readonly Dictionary<string, ConfidenceInterval> NoIntervals = [];

    /// <summary>Measures all rows, and no parts.</summary>
    /// <param name="rows">The rows; those of weight 0 are left out.</param>
    /// <param name="threshold">Where class 1 begins.</param>
    /// <param name="options">What is measured; null for metrics without intervals.</param>
    public static EvaluationResult Compute(ScoredRows rows, double threshold, EvaluatorOptions? options)
    {
        rows = rows.Counting();
        var withIntervals = options is { Intervals: true };
        var seed = options?.Seed ?? 0;
        return rows.Task switch
        {
            ModelTask.BinaryClassification => Binary(rows, threshold, withIntervals, seed),
            ModelTask.Regression => Regression(rows, withIntervals, seed),
            ModelTask.MulticlassClassification => Multiclass(rows, options?.TopK ?? [], withIntervals, seed),
            ModelTask.Ranking => Ranking(rows, options?.RankingCutoff ?? 10, withIntervals),
            _ => throw new ArgumentException($"Expected rows with a score, but found {rows.Task}.", nameof(rows)),
        };
    }

    /// <summary>Measures all rows that pass, and each part.</summary>
    /// <param name="rows">The rows.</param>
    /// <param name="slices">The parts, by the numbers of the rows.</param>
    /// <param name="threshold">Where class 1 begins.</param>
    /// <param name="options">What is measured.</param>
    /// <param name="cancellationToken">Ends between parts.</param>
    public static EvaluationResult Compute(ScoredRows rows, SliceAssignment slices, double threshold, EvaluatorOptions options, CancellationToken cancellationToken)
    {
        var whole = Compute(slices.Passing is { } passing ? rows.Select(passing) : rows, threshold, options);
        if (slices.Parts.Count == 0)
        {
            return whole;
        }

        var metric = MetricRule.For(rows.Task, options.SliceMetric);
        var name = MetricRule.Key(metric);
        var results = new List<SliceResult>();
        var (smallCount, smallRows) = (0, 0L);
        foreach (var (part, numbers) in slices.Parts)
        {
            cancellationToken.ThrowIfCancellationRequested();
            int[] counting = [.. numbers.Where(r => rows.Weights.IsEmpty || rows.Weights[r] > 0)];
            if (counting.Length < options.MinimumSliceRows)
            {
                (smallCount, smallRows) = (smallCount + 1, smallRows + counting.Length);
                continue;
            }

            var result = Compute(rows.Select(counting), threshold, options);
            var deficit = -MetricRule.Improvement(metric, result.Metrics[name], whole.Metrics[name]);
            results.Add(new()
            {
                Name = part,
                RowCount = result.RowCount,
                Metrics = result.Metrics,
                Intervals = result.Intervals,
                Deficit = deficit,
                IsWorse = deficit > 0 && result.Intervals.TryGetValue(name, out var interval) && !double.IsNaN(interval.Lower) && !interval.Contains(whole.Metrics[name]),
            });
        }

        // NaN, of a part on which the metric is not defined, comes last.
        results.Sort((a, b) => b.Deficit.CompareTo(a.Deficit) is not 0 and var order ? order : string.CompareOrdinal(a.Name, b.Name));
        List<string> notes = [.. whole.Notes];
        if (smallCount > 0)
        {
            notes.Add(string.Create(
                CultureInfo.InvariantCulture, $"{smallCount} parts with fewer than {options.MinimumSliceRows} rows ({smallRows} rows together) were not measured."));
        }

        return whole with { Slices = results, SliceMetric = name, Notes = notes };
    }

    private static EvaluationResult Binary(ScoredRows rows, double threshold, bool withIntervals, int seed)
    {
        var (labels, weights) = (Array.ConvertAll(rows.Labels.ToArray(), l => (byte)l), rows.WeightsOrOnes());
        var metrics = BinaryClassificationMetrics.ComputeWeighted(rows.Scores, labels, weights, threshold);
        var notes = new List<string>();
        if (metrics.PositiveCount == 0 || metrics.PositiveCount == metrics.RowCount)
        {
            notes.Add(string.Create(CultureInfo.InvariantCulture, $"The AUC is not defined, because all {metrics.RowCount} rows have the label {(metrics.PositiveCount == 0 ? 0 : 1)}."));
        }

        if (metrics.Calibration.Count == 0)
        {
            notes.Add("Log loss, Brier score and calibration are not defined, because a score lies outside 0 to 1 and is no probability.");
        }

        return new EvaluationResult(metrics)
        {
            Intervals = withIntervals ? BinaryIntervals.Compute(metrics, rows.Scores, labels, weights, withBootstrap: metrics.PositiveCount > 0, seed) : NoIntervals,
            Notes = notes,
        };
    }

    private static EvaluationResult Regression(ScoredRows rows, bool withIntervals, int seed)
    {
        var (predictions, labels, weights) = (rows.Scores.ToArray(), rows.Labels.ToArray(), rows.WeightsOrOnes());
        var metrics = RegressionMetrics.ComputeWeighted(predictions, labels, weights);
        return new EvaluationResult(metrics)
        {
            Intervals = withIntervals ? RegressionIntervals.Compute(metrics, predictions, labels, weights, withBootstrap: true, seed) : NoIntervals,
            Notes = double.IsNaN(metrics.RSquared)
                ? [string.Create(CultureInfo.InvariantCulture, $"R² is not defined, because all {metrics.RowCount} rows have the same label.")]
                : [],
        };
    }

    private static EvaluationResult Multiclass(ScoredRows rows, IEnumerable<int> topK, bool withIntervals, int seed)
    {
        var (scores, labels, weights) = (rows.Scores.ToArray(), rows.ClassIndexes(), rows.WeightsOrOnes());
        var metrics = MulticlassMetrics.ComputeWeighted(scores, labels, weights, rows.ClassNames.Count);
        var top = topK.Distinct().Select(k => (Name: MetricNames.TopK(k), Value: TopShare(scores, labels, weights, k))).ToArray();
        var intervals = withIntervals ? MulticlassIntervals.Compute(metrics, scores, labels, weights, withBootstrap: true, seed) : NoIntervals;
        foreach (var (name, value) in withIntervals ? top : [])
        {
            intervals[name] = ConfidenceInterval.Wilson(value, SamplingWeights.EffectiveCount(weights));
        }

        var absent = rows.ClassNames.Where((_, c) => !labels.Contains(c)).ToList();
        return new EvaluationResult(metrics, rows.ClassNames, top)
        {
            Intervals = intervals,
            Notes = absent.Count == 0
                ? []
                : [$"No row has the {(absent.Count == 1 ? "class" : "classes")} {string.Join(", ", absent.Take(10).Select(n => $"'{n}'"))}{(absent.Count > 10 ? ", …" : string.Empty)}: without an AUC, and left out of its averages."],
        };
    }

    private static double TopShare(double[] scores, int[] labels, double[] weights, int k)
    {
        var (hits, total, classCount) = (0.0, 0.0, scores.Length / labels.Length);
        for (var i = 0; i < labels.Length; i++)
        {
            hits += MulticlassMetrics.IsAmongTop(scores.AsSpan(i * classCount, classCount), labels[i], k) ? weights[i] : 0;
            total += weights[i];
        }

        return hits / total;
    }

    private static EvaluationResult Ranking(ScoredRows rows, int cutoff, bool withIntervals)
    {
        var metrics = RankingMetrics.ComputeWeighted(rows.Scores, rows.Labels, rows.Groups, rows.WeightsOrOnes(), cutoff);
        return new EvaluationResult(metrics)
        {
            Intervals = withIntervals
                ? new Dictionary<string, ConfidenceInterval>(StringComparer.Ordinal)
                {
                    [MetricNames.Ndcg] = metrics.NdcgInterval,
                    [MetricNames.MeanReciprocalRank] = metrics.MeanReciprocalRankInterval,
                    [MetricNames.MeanAveragePrecision] = metrics.MeanAveragePrecisionInterval,
                }
                : NoIntervals,
            Notes = metrics.QueryWithoutRelevantCount == 0
                ? []
                : [string.Create(CultureInfo.InvariantCulture, $"{metrics.QueryWithoutRelevantCount} of {metrics.QueryCount} groups have no relevant row: their NDCG and reciprocal rank are 0.")],
        };
    }
}
