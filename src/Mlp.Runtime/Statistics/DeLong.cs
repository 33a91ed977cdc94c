namespace Mlp.Runtime.Statistics;

/// <summary>The sampling error of an area under the ROC curve.</summary>
internal static class DeLong
{
    /// <summary>
    /// √(S₁₀/P + S₀₁/N) with the variances of the placements V₁₀(x) = share of negatives below the positive x and V₀₁(y) = share of positives above the negative y, ties one half (DeLong, DeLong and
    /// Clarke-Pearson, "Comparing the Areas under Two or More Correlated Receiver Operating Characteristic Curves", Biometrics 44, 1988).
    /// </summary>
    /// <remarks>0 where the classes are apart, which says that the rows hold no error to learn from, not that there is none. NaN where a class has fewer than 2 rows. Cost: O(P + N) on sorted input.</remarks>
    /// <param name="positives">Scores of the positive rows, ascending.</param>
    /// <param name="negatives">Scores of the negative rows, ascending.</param>
    internal static double StandardError(ReadOnlySpan<double> positives, ReadOnlySpan<double> negatives)
        => positives.Length < 2 || negatives.Length < 2
            ? double.NaN
            : Math.Sqrt((Variance(positives, negatives) / positives.Length) + (Variance(negatives, positives) / negatives.Length));

    /// <summary>The variance (n − 1) of the share of others below each score.</summary>
    private static double Variance(ReadOnlySpan<double> scores, ReadOnlySpan<double> others)
    {
        var (mean, squares) = (0.0, 0.0);
        var (below, notAbove) = (0, 0);
        for (var i = 0; i < scores.Length; i++)
        {
            while (below < others.Length && others[below] < scores[i])
            {
                below++;
            }

            while (notAbove < others.Length && others[notAbove] <= scores[i])
            {
                notAbove++;
            }

            var placement = (below + notAbove) / (2.0 * others.Length);
            var delta = placement - mean;
            mean += delta / (i + 1);
            squares += delta * (placement - mean);
        }

        return squares / (scores.Length - 1);
    }
}
