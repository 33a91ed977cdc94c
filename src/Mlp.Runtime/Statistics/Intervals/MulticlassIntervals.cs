namespace Mlp.Runtime.Statistics.Intervals;

/// <summary>The confidence intervals of the figures of a classifier of several classes: by formula where there is one, by sampling for the averages of F1.</summary>
internal static class MulticlassIntervals
{
    /// <summary>Computes them.</summary>
    /// <param name="metrics">The figures.</param>
    /// <param name="scores">Shape (rows, classes), row-major, without NaN.</param>
    /// <param name="labels">Shape (rows), 0 to classes - 1.</param>
    /// <param name="weights">Shape (rows), above 0.</param>
    /// <param name="withBootstrap">Whether the averages of F1 and of the areas get one too.</param>
    /// <param name="seed">Seed of the sampling.</param>
    internal static Dictionary<string, ConfidenceInterval> Compute(
        MulticlassMetrics metrics, double[] scores, int[] labels, double[] weights, bool withBootstrap, int seed = Bootstrap.DefaultSeed)
    {
        var classCount = scores.Length / labels.Length;
        var loss = default(RunningMean);
        for (var i = 0; i < labels.Length; i++)
        {
            loss.Add(MulticlassMetrics.LossOf(scores.AsSpan(i * classCount, classCount), labels[i]), weights[i]);
        }

        var intervals = new Dictionary<string, ConfidenceInterval>(StringComparer.Ordinal)
        {
            [MetricTerms.Accuracy] = ConfidenceInterval.Wilson(metrics.Accuracy, SamplingWeights.EffectiveCount(weights)),
            [MetricTerms.LogLoss] = loss.Interval,
        };
        if (withBootstrap)
        {
            AddAverages(intervals, metrics, scores, labels, weights, classCount, seed);
        }

        return intervals;
    }

    private static void AddAverages(
        Dictionary<string, ConfidenceInterval> intervals, MulticlassMetrics metrics, double[] scores, int[] labels, double[] weights, int classCount, int seed)
    {
        var predicted = new int[labels.Length];
        for (var i = 0; i < predicted.Length; i++)
        {
            predicted[i] = MulticlassMetrics.PredictedClass(scores.AsSpan(i * classCount, classCount));
        }

        (double Macro, double Weighted) AveragesOf(int[] sample)
        {
            var confusion = new double[classCount * classCount];
            foreach (var i in sample)
            {
                confusion[(labels[i] * classCount) + predicted[i]] += weights[i];
            }

            return MulticlassMetrics.F1Averages(confusion, classCount);
        }

        intervals[MetricTerms.MacroF1] = ConfidenceInterval.Normal(metrics.MacroF1, Bootstrap.StandardError(labels.Length, sample => AveragesOf(sample).Macro, seed), 0, 1);
        intervals[MetricTerms.WeightedF1] = ConfidenceInterval.Normal(metrics.WeightedF1, Bootstrap.StandardError(labels.Length, sample => AveragesOf(sample).Weighted, seed), 0, 1);
        intervals[MetricTerms.MacroAuc] = AreaInterval(metrics.MacroAuc, MacroAucInfluence(metrics, scores, labels, weights, byRows: false), labels);
        intervals[MetricTerms.WeightedAuc] = AreaInterval(metrics.WeightedAuc, MacroAucInfluence(metrics, scores, labels, weights, byRows: true), labels);
    }

    /// <summary>The rows' influences on the mean of the areas; the shares by which areas are weighted are taken as known.</summary>
    /// <param name="metrics">The figures.</param>
    /// <param name="scores">Shape (rows, classes), row-major.</param>
    /// <param name="labels">Shape (rows).</param>
    /// <param name="weights">Shape (rows), above 0; empty where all rows count the same.</param>
    /// <param name="byRows">Whether each area is weighted by its true rows.</param>
    /// <returns>Shape (rows); null where a class that occurs has a single row.</returns>
    internal static double[]? MacroAucInfluence(MulticlassMetrics metrics, ReadOnlySpan<double> scores, ReadOnlySpan<int> labels, ReadOnlySpan<double> weights, bool byRows)
    {
        var classCount = metrics.Aucs.Count;
        var shares = new double[classCount];
        for (var c = 0; c < classCount; c++)
        {
            shares[c] = double.IsNaN(metrics.Aucs[c]) ? 0 : byRows ? metrics.Confusion.Skip(c * classCount).Take(classCount).Sum() : 1;
        }

        var (sum, own, isOwn, total) = (new double[labels.Length], new double[labels.Length], new bool[labels.Length], shares.Sum());
        for (var c = 0; c < classCount; c++)
        {
            if (shares[c] == 0)
            {
                continue;
            }

            for (var i = 0; i < own.Length; i++)
            {
                (own[i], isOwn[i]) = (scores[(i * classCount) + c], labels[i] == c);
            }

            if (AucInfluence.Compute(own, isOwn, weights) is not { } influences)
            {
                return null;
            }

            for (var i = 0; i < sum.Length; i++)
            {
                sum[i] += influences[i] * shares[c] / total;
            }
        }

        return total == 0 ? null : sum;
    }

    // Classes that the scores part without an error: as of a single area, see AucInterval.
    private static ConfidenceInterval AreaInterval(double auc, double[]? influences, int[] labels)
        => influences is null ? new(double.NaN, double.NaN)
            : auc is 0 or 1 ? ConfidenceInterval.Wilson(auc, labels.CountBy(l => l).Min(c => c.Value))
            : ConfidenceInterval.Normal(auc, AucInfluence.StandardError(influences), 0, 1);
}
