namespace Mlp.Runtime.Statistics.Profiles;

/// <summary>How the quantiles of a profiled column are kept. The numbers are part of a file format and never change.</summary>
public enum QuantileSketchKind
{
    /// <summary>DDSketch: a quantile is off by a share of its value, the relative accuracy. Deterministic, and exact when merged.</summary>
    DDSketch = 1,

    /// <summary>KLL: a quantile is off by a share of the ranks, 1.33 % for k = 200. It keeps values as they are, and takes no rows of unequal weight.</summary>
    Kll = 2,
}
