namespace Mlp.Runtime.Statistics;

/// <summary>The loss of a predicted quantile.</summary>
internal static class PinballLoss
{
    /// <summary>Mean of max(q·(y − ŷ), (q − 1)·(y − ŷ)) (Koenker and Bassett, "Regression Quantiles", Econometrica 46, 1978), each row with its weight. NaN without rows.</summary>
    /// <param name="predictions">ŷ, shape (rows).</param>
    /// <param name="targets">y, shape (rows).</param>
    /// <param name="weights">Shape (rows), above 0.</param>
    /// <param name="quantile">q, 0 to 1.</param>
    internal static double Compute(ReadOnlySpan<double> predictions, ReadOnlySpan<double> targets, ReadOnlySpan<double> weights, double quantile)
    {
        var (sum, total) = (0.0, 0.0);
        for (var i = 0; i < predictions.Length; i++)
        {
            var miss = targets[i] - predictions[i];
            sum += weights[i] * Math.Max(quantile * miss, (quantile - 1) * miss);
            total += weights[i];
        }

        return sum / total;
    }
}
