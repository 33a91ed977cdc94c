namespace Mlp.Runtime.Statistics;

/// <summary>
/// Mean and variance of weighted values in one pass (West, "Updating Mean and Variance Estimates: An Improved Method", Communications of the ACM 22, 1979). Weights are those of sampling: the rows say as much as
/// (Σ w)² / Σ w² rows of equal weight.
/// </summary>
internal struct RunningMean
{
    private double _weight;
    private double _weightSquares;
    private double _squares;
    private long _count;

    /// <summary>The mean; 0 without rows.</summary>
    internal double Mean { get; private set; }

    /// <summary>The 95 % interval of the mean by the normal distribution; NaN below 2 rows.</summary>
    internal readonly ConfidenceInterval Interval
        => _count < 2
            ? new(double.NaN, double.NaN)
            : ConfidenceInterval.Normal(Mean, Math.Sqrt(_squares / _weight / Math.Max((_weight * _weight / _weightSquares) - 1, 1)));

    /// <summary>Adds a value.</summary>
    /// <param name="value">The value.</param>
    /// <param name="weight">Its weight, above 0.</param>
    internal void Add(double value, double weight)
    {
        _count++;
        _weight += weight;
        _weightSquares += weight * weight;
        var delta = value - Mean;
        Mean += delta * weight / _weight;
        _squares += weight * delta * (value - Mean);
    }
}
