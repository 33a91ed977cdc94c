namespace Mlp.Monitoring.Drift;

/// <summary>How the distance between the reference and a window is measured. Each has a significance beside it: a distance alone says nothing where rows are few.</summary>
public enum DriftMethod
{
    /// <summary>PSI over the bins of the reference (deciles, or categories). Significance by chi-square over the same bins. Drift above 0.1.</summary>
    PopulationStabilityIndex,

    /// <summary>Jensen-Shannon distance over the same bins, logarithms to base 2. Significance by chi-square. Drift above 0.1.</summary>
    JensenShannon,

    /// <summary>Hellinger distance over the same bins. Significance by chi-square. Drift above 0.1.</summary>
    Hellinger,

    /// <summary>Total variation distance over the same bins: the share of rows that must change their bin. Significance by chi-square. Drift above 0.1.</summary>
    TotalVariation,

    /// <summary>The largest change of the share of one bin. Significance by chi-square. Drift above 0.05.</summary>
    LInfinity,

    /// <summary>Cramér's V of the chi-square test of homogeneity over the same bins. Drift above 0.1.</summary>
    ChiSquare,

    /// <summary>Kolmogorov-Smirnov: the largest distance between the two distribution functions. Numbers only. Drift above 0.1.</summary>
    KolmogorovSmirnov,

    /// <summary>Wasserstein distance in standard deviations of the reference. Numbers only. Significance by Kolmogorov-Smirnov. Drift above 0.1.</summary>
    Wasserstein,

    /// <summary>Energy distance in square roots of standard deviations of the reference. Numbers only. Significance by Kolmogorov-Smirnov. Drift above 0.1.</summary>
    Energy,
}
