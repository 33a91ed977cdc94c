namespace Mlp.Monitoring.Drift;

/// <summary>How much a distribution has moved.</summary>
public enum DriftSeverity
{
    /// <summary>There are too few rows to tell.</summary>
    Undetermined = 0,

    /// <summary>PSI up to 0.1, or not more than chance explains for so many rows.</summary>
    None = 1,

    /// <summary>PSI above 0.1 and above what chance explains.</summary>
    Moderate = 2,

    /// <summary>PSI above 0.25 and above what chance explains.</summary>
    Major = 3,
}
