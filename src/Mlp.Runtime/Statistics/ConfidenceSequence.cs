namespace Mlp.Runtime.Statistics;

/// <summary>
/// An interval of the mean of values from a stream that stays right however often one looks at it: the chance that it ever leaves the mean out is at most α. The predictable plug-in empirical Bernstein
/// sequence (Waudby-Smith and Ramdas, "Estimating Means of Bounded Random Variables by Betting", Journal of the Royal Statistical Society B 86, 2024, theorem 2). Not thread-safe.
/// </summary>
/// <remarks>
/// With x in [0, 1], a running mean and variance that begin at 1/2 and 1/4, λ_t = min(√(2 ln(2/α) / (σ²_{t-1} t ln(1 + t))), 1/2), v_t = 4 (x_t − μ_{t-1})² and ψ(λ) = (−ln(1 − λ) − λ) / 4 the interval is
/// Σ λ x / Σ λ ± (ln(2/α) + Σ v ψ(λ)) / Σ λ; of all intervals so far the intersection holds. The values need not be independent of each other, but each must have the same mean given those before it.
/// </remarks>
/// <param name="least">Least value that can come.</param>
/// <param name="greatest">Greatest value.</param>
/// <param name="alpha">α, above 0 and below 1.</param>
internal sealed class ConfidenceSequence(double least, double greatest, double alpha = 0.05)
{
    private const double GreatestBet = 0.5;

    private readonly double _logTwoOverAlpha = Math.Log(2 / alpha);
    private double _sum;
    private double _squares;
    private double _bets;
    private double _weighted;
    private double _spent;
    private double _lower;
    private double _upper = 1;

    /// <summary>Values that came.</summary>
    internal long Count { get; private set; }

    /// <summary>Their mean; NaN before the first.</summary>
    internal double Mean => Count == 0 ? double.NaN : FromUnit(_sum / Count);

    /// <summary>The interval now; the whole range before the first value. Empty, lower above upper, only where the mean itself has moved.</summary>
    internal ConfidenceInterval Interval => new(FromUnit(_lower), FromUnit(_upper));

    /// <summary>Adds a value.</summary>
    /// <param name="value">The value; beyond the range it counts as the end of it.</param>
    internal void Add(double value)
    {
        var x = Math.Clamp((value - least) / (greatest - least), 0, 1);
        var t = Count + 1;
        var mean = (0.5 + _sum) / t;
        var variance = (0.25 + _squares) / t;
        var bet = Math.Min(Math.Sqrt(2 * _logTwoOverAlpha / (variance * t * Math.Log(1 + t))), GreatestBet);
        _bets += bet;
        _weighted += bet * x;
        _spent += 4 * (x - mean) * (x - mean) * ((-Math.Log(1 - bet) - bet) / 4);
        Count++;
        _sum += x;
        var after = (0.5 + _sum) / (Count + 1);
        _squares += (x - after) * (x - after);
        var (center, half) = (_weighted / _bets, (_logTwoOverAlpha + _spent) / _bets);
        _lower = Math.Max(_lower, center - half);
        _upper = Math.Min(_upper, center + half);
    }

    private double FromUnit(double x) => least + (x * (greatest - least));
}
