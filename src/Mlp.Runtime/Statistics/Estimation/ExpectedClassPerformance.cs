namespace Mlp.Runtime.Statistics.Estimation;

/// <summary>The figures of a classifier of several classes: those that calibrated scores let expect, and those that counts by true and predicted class give.</summary>
internal static class ExpectedClassPerformance
{
    /// <summary>The figures, in the order of their values.</summary>
    internal static ReadOnlySpan<EstimatedMetric> Metrics =>
    [
        EstimatedMetric.Auc, EstimatedMetric.Accuracy, EstimatedMetric.Precision, EstimatedMetric.Recall, EstimatedMetric.Specificity, EstimatedMetric.F1,
    ];

    /// <summary>One value per figure of <see cref="Metrics"/>.</summary>
    /// <remarks>
    /// Each class against the rest, as with two classes (<see cref="ExpectedPerformance"/>), with the row's probability of the class; then the mean over the classes. Rows of one score are one step of the curve. The
    /// accuracy is the mean probability of the predicted class.
    /// </remarks>
    /// <param name="scores">Shape (rows, classes), row-major, without NaN.</param>
    /// <param name="probabilities">Shape (rows, classes).</param>
    /// <param name="weights">Shape (rows), or none where each counts once.</param>
    /// <param name="classCount">Number of classes.</param>
    internal static double[] Compute(ReadOnlySpan<double> scores, ReadOnlySpan<double> probabilities, ReadOnlySpan<double> weights, int classCount)
    {
        var rows = scores.Length / classCount;
        var predicted = new int[rows];
        for (var i = 0; i < rows; i++)
        {
            predicted[i] = MulticlassMetrics.PredictedClass(scores.Slice(i * classCount, classCount));
        }

        var confusion = new double[classCount * classCount];
        var area = 0.0;
        var (keys, order) = (new double[rows], new int[rows]);
        for (var c = 0; c < classCount; c++)
        {
            for (var i = 0; i < rows; i++)
            {
                confusion[(c * classCount) + predicted[i]] += WeightAt(weights, i) * probabilities[(i * classCount) + c];
                (keys[i], order[i]) = (-scores[(i * classCount) + c], i);
            }

            Array.Sort(keys, order);
            area += AreaOf(keys, order, probabilities, weights, classCount, c) / classCount;
        }

        var values = OfConfusion(confusion, classCount);
        values[0] = area;
        return values;
    }

    /// <summary>One value per figure of <see cref="Metrics"/> but the area, which counts do not say: NaN.</summary>
    /// <param name="confusion">Shape (true class, predicted class), row-major.</param>
    /// <param name="classCount">Number of classes.</param>
    internal static double[] OfConfusion(ReadOnlySpan<double> confusion, int classCount)
    {
        var (total, hits, precision, recall, specificity, f1) = (0.0, 0.0, 0.0, 0.0, 0.0, 0.0);
        foreach (var count in confusion)
        {
            total += count;
        }

        for (var c = 0; c < classCount; c++)
        {
            var (truth, predicted, right) = (0.0, 0.0, confusion[(c * classCount) + c]);
            for (var other = 0; other < classCount; other++)
            {
                truth += confusion[(c * classCount) + other];
                predicted += confusion[(other * classCount) + c];
            }

            hits += right;
            precision += Ratio(right, predicted) / classCount;
            recall += Ratio(right, truth) / classCount;
            specificity += Ratio(total - truth - predicted + right, total - truth) / classCount;
            f1 += Ratio(2 * right, truth + predicted) / classCount;
        }

        return [double.NaN, Ratio(hits, total), precision, recall, specificity, f1];
    }

    private static double AreaOf(double[] keys, int[] order, ReadOnlySpan<double> probabilities, ReadOnlySpan<double> weights, int classCount, int number)
    {
        var (positive, negative, area) = (0.0, 0.0, 0.0);
        for (var start = 0; start < keys.Length;)
        {
            var (up, right) = (0.0, 0.0);
            var end = start;
            for (; end < keys.Length && keys[end] == keys[start]; end++)
            {
                var (weight, p) = (WeightAt(weights, order[end]), probabilities[(order[end] * classCount) + number]);
                up += weight * p;
                right += weight * (1 - p);
            }

            area += right * (positive + (up / 2));
            positive += up;
            negative += right;
            start = end;
        }

        return area / (positive * negative);
    }

    private static double WeightAt(ReadOnlySpan<double> weights, int row) => weights.IsEmpty ? 1 : weights[row];

    private static double Ratio(double part, double whole) => whole == 0 ? 0 : part / whole;
}
