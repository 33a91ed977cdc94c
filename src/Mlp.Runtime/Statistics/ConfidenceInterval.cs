using System.Text.Json.Serialization;

namespace Mlp.Runtime.Statistics;

/// <summary>A 95 % confidence interval. Immutable; safe for use by many threads.</summary>
/// <param name="Lower">Its lower end; NaN where there are too few rows to say.</param>
/// <param name="Upper">Its upper end; NaN where there are too few rows to say.</param>
[JsonNumberHandling(JsonNumberHandling.AllowNamedFloatingPointLiterals)]
public readonly record struct ConfidenceInterval(double Lower, double Upper)
{
    /// <summary>Φ⁻¹(0.975).</summary>
    internal const double Z = 1.959963984540054;

    /// <summary>The standard error that the interval's width stands for; NaN where it is not known.</summary>
    internal double StandardError => (Upper - Lower) / (2 * Z);

    /// <summary>Whether a value lies in the interval, its ends included.</summary>
    /// <param name="value">The value.</param>
    public bool Contains(double value) => value >= Lower && value <= Upper;

    /// <summary>The interval of an estimate whose error is normal.</summary>
    /// <param name="value">The estimate.</param>
    /// <param name="standardError">Its standard error.</param>
    /// <param name="least">The least value that the figure can have.</param>
    /// <param name="greatest">The greatest.</param>
    internal static ConfidenceInterval Normal(double value, double standardError, double least = double.NegativeInfinity, double greatest = double.PositiveInfinity)
        => new(Math.Max(least, value - (Z * standardError)), Math.Min(greatest, value + (Z * standardError)));

    /// <summary>
    /// The interval of a share: (p + z²/2n ± z √(p(1 − p)/n + z²/4n²)) / (1 + z²/n) (Wilson, "Probable Inference, the Law of Succession, and Statistical Inference", Journal of the American Statistical
    /// Association 22, 1927). NaN without rows.
    /// </summary>
    /// <param name="share">p, 0 to 1.</param>
    /// <param name="rowCount">n; of weighted rows the effective number, (Σ w)² / Σ w².</param>
    internal static ConfidenceInterval Wilson(double share, double rowCount)
    {
        if (!(rowCount > 0) || double.IsNaN(share))
        {
            return new(double.NaN, double.NaN);
        }

        var z2 = Z * Z / rowCount;
        var center = share + (z2 / 2);
        var half = Z * Math.Sqrt((share * (1 - share) / rowCount) + (z2 / (4 * rowCount)));
        return new(share == 0 ? 0 : (center - half) / (1 + z2), share == 1 ? 1 : (center + half) / (1 + z2));
    }

    /// <summary>The interval of a mean, by the normal distribution and the rows' own variance. NaN below 2 rows.</summary>
    /// <param name="values">The rows' values.</param>
    internal static ConfidenceInterval OfMean(ReadOnlySpan<double> values)
    {
        var mean = default(RunningMean);
        foreach (var value in values)
        {
            mean.Add(value, 1);
        }

        return mean.Interval;
    }

    /// <summary>The interval of a growing function of a figure.</summary>
    /// <param name="function">The function.</param>
    internal ConfidenceInterval Map(Func<double, double> function) => new(function(Lower), function(Upper));
}
