namespace Mlp.Runtime.Statistics;

/// <summary>Logistic regression with a quadratic penalty. Linear: it sees that a column has moved, not that two of them depend on each other in another way. Immutable; safe for use by many threads.</summary>
public sealed class RidgeLogisticEstimator : IEstimator
{
    private readonly double _penalty;

    /// <summary>Creates the estimator.</summary>
    /// <param name="penalty">λ in Σ log(1 + e^(−y·f)) + λ/2·|w|², above 0; 1 by default. scikit-learn's C is 1/λ.</param>
    /// <exception cref="ArgumentOutOfRangeException">The penalty is not above 0.</exception>
    public RidgeLogisticEstimator(double penalty = 1)
    {
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(penalty);
        _penalty = penalty;
    }

    /// <inheritdoc/>
    public IFittedEstimator Fit(ReadOnlySpan<double> rows, int columnCount, ReadOnlySpan<byte> labels, ulong seed)
    {
        var targets = new double[labels.Length];
        for (var i = 0; i < targets.Length; i++)
        {
            targets[i] = labels[i];
        }

        return new LinearScore(RidgeSolver.Logistic(rows.ToArray(), columnCount, targets, _penalty));
    }

    private sealed class LinearScore(double[] coefficients) : IFittedEstimator
    {
        public void Score(ReadOnlySpan<double> rows, Span<double> scores) => RidgeSolver.Score(rows, coefficients, scores);
    }
}
