namespace Mlp.Training.Preprocessing;

/// <summary>How numbers are brought to a common scale.</summary>
public enum NumberScaling
{
    /// <summary>Not at all.</summary>
    None,

    /// <summary>(x − mean) / standard deviation, divisor n; 1 for a constant.</summary>
    Standard,

    /// <summary>(x − least) / (greatest − least), cut off at 0 and 1; divided by 1 for a constant.</summary>
    MinMax,

    /// <summary>(x − median) / (upper quantile − lower quantile); divided by 1 where the two are equal.</summary>
    Robust,

    /// <summary>The share of training rows up to the number, interpolated between quantiles; 0 to 1.</summary>
    QuantileUniform,

    /// <summary>The same share through the inverse of the normal distribution function, cut off at ±5.2.</summary>
    QuantileNormal,
}
