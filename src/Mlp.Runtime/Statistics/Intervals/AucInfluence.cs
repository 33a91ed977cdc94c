namespace Mlp.Runtime.Statistics.Intervals;

/// <summary>
/// What each row contributes to the sampling error of an area under the ROC curve, by which areas on the same rows can be compared and averaged: the form of DeLong's covariance that needs no matrix (DeLong, DeLong
/// and Clarke-Pearson, "Comparing the Areas under Two or More Correlated Receiver Operating Characteristic Curves", Biometrics 44, 1988; sorted as by Sun and Xu, IEEE Signal Processing Letters 21, 2014).
/// </summary>
/// <remarks>
/// With weights w the area is A = Σ w_x w_y [x above y] / (P N), P and N the sums of the positive and the negative weights. The influence of a positive row is √(p/(p − 1)) w (V − A) / P with V the weighted share of negatives
/// below it, a tie one half, and p the number of positive rows; that of a negative row likewise. The variance of A is Σ influence², that of a difference or mean of areas Σ (difference or mean of influences)². With
/// equal weights this is DeLong's estimate.
/// </remarks>
internal static class AucInfluence
{
    /// <summary>The influences.</summary>
    /// <param name="scores">Shape (rows), without NaN.</param>
    /// <param name="isPositive">Shape (rows).</param>
    /// <param name="weights">Shape (rows), above 0; empty where all rows count the same.</param>
    /// <returns>Shape (rows); null where a class has fewer than 2 rows.</returns>
    internal static double[]? Compute(ReadOnlySpan<double> scores, ReadOnlySpan<bool> isPositive, ReadOnlySpan<double> weights)
    {
        var positives = isPositive.Count(true);
        var negatives = isPositive.Length - positives;
        if (positives < 2 || negatives < 2)
        {
            return null;
        }

        var order = new int[scores.Length];
        var (positive, negative) = (0.0, 0.0);
        for (var i = 0; i < order.Length; i++)
        {
            order[i] = i;
            positive += isPositive[i] ? WeightOf(weights, i) : 0;
            negative += isPositive[i] ? 0 : WeightOf(weights, i);
        }

        var sorted = scores.ToArray();
        Array.Sort(sorted, order);
        var placements = Placements(sorted, order, isPositive, weights, positive, negative);
        var area = 0.0;
        for (var i = 0; i < placements.Length; i++)
        {
            area += isPositive[i] ? WeightOf(weights, i) * placements[i] / positive : 0;
        }

        var (ofPositive, ofNegative) = (Math.Sqrt(positives / (positives - 1.0)) / positive, Math.Sqrt(negatives / (negatives - 1.0)) / negative);
        for (var i = 0; i < placements.Length; i++)
        {
            placements[i] = (isPositive[i] ? ofPositive : ofNegative) * WeightOf(weights, i) * (placements[i] - area);
        }

        return placements;
    }

    /// <summary>√Σ influence².</summary>
    /// <param name="influences">Shape (rows); of several areas their difference or mean.</param>
    internal static double StandardError(ReadOnlySpan<double> influences) => Math.Sqrt(Summation.SumOfSquaredDeviations(influences, 0));

    private static double WeightOf(ReadOnlySpan<double> weights, int row) => weights.IsEmpty ? 1 : weights[row];

    // Per row the share of the other class that stands on its right side: below a positive, above a negative.
    private static double[] Placements(double[] sorted, int[] order, ReadOnlySpan<bool> isPositive, ReadOnlySpan<double> weights, double positive, double negative)
    {
        var placements = new double[order.Length];
        var (positiveBelow, negativeBelow) = (0.0, 0.0);
        for (var start = 0; start < order.Length;)
        {
            var (end, positiveHere, negativeHere) = (start, 0.0, 0.0);
            for (; end < order.Length && sorted[end] == sorted[start]; end++)
            {
                positiveHere += isPositive[order[end]] ? WeightOf(weights, order[end]) : 0;
                negativeHere += isPositive[order[end]] ? 0 : WeightOf(weights, order[end]);
            }

            for (var i = start; i < end; i++)
            {
                placements[order[i]] = isPositive[order[i]]
                    ? (negativeBelow + (negativeHere / 2)) / negative
                    : (positive - positiveBelow - (positiveHere / 2)) / positive;
            }

            positiveBelow += positiveHere;
            negativeBelow += negativeHere;
            start = end;
        }

        return placements;
    }
}
