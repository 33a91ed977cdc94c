namespace Mlp.Runtime.Statistics.Estimation;

/// <summary>
/// A growing step-and-slope function from scores to probabilities, fitted by pooling adjacent violators (Ayer et al., "An Empirical Distribution Function for Sampling with Incomplete Information", Annals of
/// Mathematical Statistics 26, 1955). Between its points it is linear; outside them it stays at the outer ones. The same points as scikit-learn's IsotonicRegression with <c>out_of_bounds="clip"</c>. Immutable.
/// </summary>
internal sealed class IsotonicRegression
{
    private readonly double[] _scores;
    private readonly double[] _values;

    /// <summary>A function of known points.</summary>
    /// <param name="scores">Ascending.</param>
    /// <param name="values">Not descending, one per score.</param>
    /// <exception cref="ArgumentException">There is no point, or they are out of order.</exception>
    internal IsotonicRegression(double[] scores, double[] values)
    {
        if (scores.Length == 0 || scores.Length != values.Length)
        {
            throw new ArgumentException($"Expected as many values as scores and at least one, but found {values.Length} and {scores.Length}.", nameof(values));
        }

        for (var i = 1; i < scores.Length; i++)
        {
            if (!(scores[i] > scores[i - 1]) || !(values[i] >= values[i - 1]))
            {
                throw new ArgumentException($"Expected scores that ascend and values that do not descend, but found another order at point {i}.", nameof(scores));
            }
        }

        _scores = scores;
        _values = values;
    }

    /// <summary>Scores of the points, ascending.</summary>
    internal ReadOnlySpan<double> Scores => _scores;

    /// <summary>Values of the points.</summary>
    internal ReadOnlySpan<double> Values => _values;

    /// <summary>Fits the function of least squared distance to the labels.</summary>
    /// <param name="scores">Shape (rows), finite.</param>
    /// <param name="labels">Shape (rows), 0 or 1.</param>
    internal static IsotonicRegression Fit(ReadOnlySpan<double> scores, ReadOnlySpan<byte> labels)
    {
        if (scores.IsEmpty || scores.Length != labels.Length)
        {
            throw new ArgumentException($"Expected as many labels as scores and at least one, but found {labels.Length} and {scores.Length}.", nameof(labels));
        }

        var order = scores.ToArray();
        var sorted = labels.ToArray();
        Array.Sort(order, sorted);
        var (points, means, counts) = (new List<double>(), new List<double>(), new List<double>());
        for (var start = 0; start < order.Length;)
        {
            var (end, positive) = (start, 0.0);
            for (; end < order.Length && order[end] == order[start]; end++)
            {
                positive += sorted[end];
            }

            points.Add(order[start]);
            means.Add(positive / (end - start));
            counts.Add(end - start);
            start = end;
        }

        return FitPoints(points, means, counts);
    }

    /// <summary>Fits the function of least squared distance to points.</summary>
    /// <param name="points">Scores, ascending, none twice, at least one.</param>
    /// <param name="means">Shape (points): the mean label of each.</param>
    /// <param name="weights">Shape (points): how much each counts, above 0.</param>
    internal static IsotonicRegression FitPoints(IReadOnlyList<double> points, IReadOnlyList<double> means, IReadOnlyList<double> weights)
    {
        // Each point that would fall is pooled with those before it.
        var (pooled, totals, blockEnds) = (new List<double>(), new List<double>(), new List<int>());
        for (var i = 0; i < points.Count; i++)
        {
            pooled.Add(means[i]);
            totals.Add(weights[i]);
            blockEnds.Add(i + 1);
            while (pooled.Count > 1 && pooled[^2] >= pooled[^1])
            {
                var total = totals[^2] + totals[^1];
                pooled[^2] = ((pooled[^2] * totals[^2]) + (pooled[^1] * totals[^1])) / total;
                totals[^2] = total;
                blockEnds[^2] = blockEnds[^1];
                pooled.RemoveAt(pooled.Count - 1);
                totals.RemoveAt(totals.Count - 1);
                blockEnds.RemoveAt(blockEnds.Count - 1);
            }
        }

        return FromBlocks(points, pooled, blockEnds);
    }

    /// <summary>The probability of a score.</summary>
    /// <param name="score">The score; NaN stays NaN.</param>
    internal double Predict(double score)
    {
        if (!(score > _scores[0]))
        {
            return double.IsNaN(score) ? score : _values[0];
        }

        if (score >= _scores[^1])
        {
            return _values[^1];
        }

        var found = Array.BinarySearch(_scores, score);
        if (found >= 0)
        {
            return _values[found];
        }

        var above = ~found;
        var slope = (_values[above] - _values[above - 1]) / (_scores[above] - _scores[above - 1]);
        return _values[above - 1] + (slope * (score - _scores[above - 1]));
    }

    /// <summary>Of a block of equal values its first and its last point: those between lie on the line.</summary>
    private static IsotonicRegression FromBlocks(IReadOnlyList<double> points, List<double> means, List<int> blockEnds)
    {
        var (scores, values) = (new List<double>(), new List<double>());
        for (var (b, start) = (0, 0); b < means.Count; start = blockEnds[b++])
        {
            scores.Add(points[start]);
            values.Add(means[b]);
            if (blockEnds[b] - 1 > start)
            {
                scores.Add(points[blockEnds[b] - 1]);
                values.Add(means[b]);
            }
        }

        return new([.. scores], [.. values]);
    }
}
