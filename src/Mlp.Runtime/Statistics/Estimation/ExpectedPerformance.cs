namespace Mlp.Runtime.Statistics.Estimation;

/// <summary>The figures that calibrated scores let expect.</summary>
internal static class ExpectedPerformance
{
    /// <summary>One value per <see cref="EstimatedMetric"/>, in its order.</summary>
    /// <remarks>
    /// With p the calibrated score: TP = Σ p and FP = Σ (1 - p) over rows predicted positive, FN = Σ p and TN = Σ (1 - p) over the others. The area is that under the curve of the running sums of p and 1 - p by
    /// falling score, by trapezoids; average precision that of the running sum of p over the running number of rows. A ratio without rows is 0, the area NaN, as in NannyML.
    /// </remarks>
    /// <param name="scores">Shape (rows).</param>
    /// <param name="weights">Shape (rows), or none where each counts once.</param>
    /// <param name="calibrate">Turns a score into a probability.</param>
    /// <param name="threshold">Decision threshold.</param>
    /// <exception cref="ArgumentException">No rows, or a NaN score.</exception>
    internal static double[] Compute(ReadOnlySpan<double> scores, ReadOnlySpan<double> weights, Func<double, double> calibrate, double threshold)
    {
        if (scores.IsEmpty)
        {
            throw new ArgumentException("Expected at least one row, but found none: nothing can be estimated from no scores.", nameof(scores));
        }

        var (keys, own) = (scores.ToArray(), weights.ToArray());
        foreach (var key in keys)
        {
            if (double.IsNaN(key))
            {
                throw new ArgumentException("Expected every score to be a number, but found NaN.", nameof(scores));
            }
        }

        if (own.Length == 0)
        {
            RadixSort.Sort(keys);
        }
        else
        {
            Array.Sort(keys, own);
        }

        var (tp, fp, fn, tn) = (0.0, 0.0, 0.0, 0.0);
        var (positive, negative, area, precisionSum) = (0.0, 0.0, 0.0, 0.0);
        for (var i = keys.Length - 1; i >= 0; i--)
        {
            var weight = own.Length == 0 ? 1 : own[i];
            var p = calibrate(keys[i]);
            var (up, right) = (weight * p, weight * (1 - p));
            area += right * (positive + (up / 2));
            positive += up;
            negative += right;
            precisionSum += up * (positive / (positive + negative));
            if (keys[i] >= threshold)
            {
                (tp, fp) = (tp + up, fp + right);
            }
            else
            {
                (fn, tn) = (fn + up, tn + right);
            }
        }

        var values = new double[Enum.GetValues<EstimatedMetric>().Length];
        values[(int)EstimatedMetric.Auc] = area / (positive * negative);
        values[(int)EstimatedMetric.AveragePrecision] = precisionSum / positive;
        values[(int)EstimatedMetric.Accuracy] = (tp + tn) / (positive + negative);
        values[(int)EstimatedMetric.Precision] = Ratio(tp, tp + fp);
        values[(int)EstimatedMetric.Recall] = Ratio(tp, tp + fn);
        values[(int)EstimatedMetric.Specificity] = Ratio(tn, tn + fp);
        values[(int)EstimatedMetric.F1] = Ratio(tp, tp + ((fp + fn) / 2));
        values[(int)EstimatedMetric.TruePositive] = tp;
        values[(int)EstimatedMetric.TrueNegative] = tn;
        values[(int)EstimatedMetric.FalsePositive] = fp;
        values[(int)EstimatedMetric.FalseNegative] = fn;
        return values;
    }

    private static double Ratio(double part, double whole) => whole == 0 ? 0 : part / whole;
}
