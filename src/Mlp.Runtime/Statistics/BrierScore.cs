namespace Mlp.Runtime.Statistics;

/// <summary>Brier score: the mean squared distance of the probability to the outcome.</summary>
internal static class BrierScore
{
    /// <summary>
    /// (Σ_{positives} (1 − p)² + Σ_{negatives} p²) / n (Brier, "Verification of Forecasts Expressed in Terms of Probability", 1950, binary
    /// form).
    /// </summary>
    /// <remarks>Ties do not matter. Edges: NaN without rows. NaN propagates; scores outside [0, 1] are taken as they are.</remarks>
    /// <param name="positives">Probabilities of the positive rows, in an order that does not depend on the rows' (ascending).</param>
    /// <param name="negatives">Probabilities (of the positive class) of the negative rows, likewise.</param>
    internal static double Compute(ReadOnlySpan<double> positives, ReadOnlySpan<double> negatives)
    {
        var squares = Summation.SumOfSquaredDeviations(positives, 1) + Summation.SumOfSquaredDeviations(negatives, 0);
        return squares / (positives.Length + (double)negatives.Length);
    }
}
