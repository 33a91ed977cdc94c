using Mlp.Runtime.Statistics;

namespace Mlp.Training.Evaluation.Calibration;

/// <summary>Measures how probabilities come true, by the kernels that monitoring measures with.</summary>
internal static class CalibrationMeasure
{
    /// <summary>Measures scores of rows; those that count nothing are left out.</summary>
    public static CalibrationQuality Of(CalibrationRows rows, float[] scores)
    {
        int[] counting = [.. Enumerable.Range(0, rows.Count).Where(r => rows.Weights[r] > 0)];
        double[] weights = [.. counting.Select(r => rows.Weights[r])];
        if (rows.Width == 1)
        {
            var metrics = BinaryClassificationMetrics.ComputeWeighted(
                [.. counting.Select(r => (double)scores[r])], [.. counting.Select(r => (byte)rows.Labels[r])], weights, 0.5);
            return new(metrics.LogLoss, metrics.Brier, metrics.ExpectedCalibrationError);
        }

        var (loss, brier, total) = (0.0, 0.0, 0.0);
        var (confidence, isRight) = (new double[counting.Length], new byte[counting.Length]);
        for (var i = 0; i < counting.Length; i++)
        {
            var label = rows.Labels[counting[i]];
            double[] row = [.. scores.AsSpan(counting[i] * rows.Width, rows.Width).ToArray().Select(s => (double)s)];
            var predicted = MulticlassMetrics.PredictedClass(row);
            (confidence[i], isRight[i]) = (row[predicted], predicted == label ? (byte)1 : (byte)0);
            loss += weights[i] * MulticlassMetrics.LossOf(row, label);
            brier += weights[i] * row.Select((p, c) => (p - (c == label ? 1 : 0)) * (p - (c == label ? 1 : 0))).Sum();
            total += weights[i];
        }

        var expected = BinaryClassificationMetrics.ComputeWeighted(confidence, isRight, weights, 0.5).ExpectedCalibrationError;
        return new(loss / total, brier / total, expected);
    }
}
