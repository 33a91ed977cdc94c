namespace Mlp.Runtime.Statistics;

/// <summary>Average precision: the area under the precision-recall step curve.</summary>
internal static class AveragePrecision
{
    /// <summary>
    /// AP = Σ_k (R_k − R_{k−1})·P_k over the distinct scores from the highest down, as scikit-learn's average_precision_score.
    /// </summary>
    /// <remarks>
    /// P_k and R_k are precision and recall when every row with a score at or above the k-th distinct score is called positive; no
    /// interpolation.
    /// Ties: tied rows enter together, so their order does not matter. Edges: NaN without positives (scikit-learn: 0 and a warning), 1
    /// without negatives. NaN scores must have been taken out. Cost: O(P + N) on sorted input.
    /// </remarks>
    /// <param name="positives">Scores of the positive rows, ascending.</param>
    /// <param name="negatives">Scores of the negative rows, ascending.</param>
    internal static double Compute(ReadOnlySpan<double> positives, ReadOnlySpan<double> negatives)
    {
        if (positives.IsEmpty)
        {
            return double.NaN;
        }

        var sum = 0.0;
        var negative = negatives.Length;
        for (var positive = positives.Length; positive > 0;)
        {
            var score = positives[positive - 1];
            var above = positive;
            while (positive > 0 && positives[positive - 1] == score)
            {
                positive--;
            }

            while (negative > 0 && negatives[negative - 1] >= score)
            {
                negative--;
            }

            double truePositives = positives.Length - positive;
            double falsePositives = negatives.Length - negative;
            sum += (above - positive) * (truePositives / (truePositives + falsePositives));
        }

        return sum / positives.Length;
    }
}
