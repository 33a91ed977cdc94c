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

        // Rows of one score are one point with their mean; then each point that would fall is pooled with those before it.
        var (points, means, weights, blockEnds) = (new List<double>(), new List<double>(), new List<double>(), new List<int>());
        for (var start = 0; start < order.Length;)
        {
            var (end, positive) = (start, 0.0);
            for (; end < order.Length && order[end] == order[start]; end++)
            {
                positive += sorted[end];
            }

            points.Add(order[start]);
            means.Add(positive / (end - start));
            weights.Add(end - start);
            blockEnds.Add(points.Count);
            while (means.Count > 1 && means[^2] >= means[^1])
            {
                var total = weights[^2] + weights[^1];
                means[^2] = ((means[^2] * weights[^2]) + (means[^1] * weights[^1])) / total;
                weights[^2] = total;
                blockEnds[^2] = blockEnds[^1];
                means.RemoveAt(means.Count - 1);
                weights.RemoveAt(weights.Count - 1);
                blockEnds.RemoveAt(blockEnds.Count - 1);
            }

            start = end;
        }

        return FromBlocks(points, means, blockEnds);
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
    private static IsotonicRegression FromBlocks(List<double> points, List<double> means, List<int> blockEnds)
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
