namespace Mlp.Monitoring.Figures;

/// <summary>What was found.</summary>
public enum FindingKind
{
    /// <summary>The distribution of a feature or of the score has moved away from the reference.</summary>
    Drift,

    /// <summary>The vector of all features has moved, whichever of them did.</summary>
    MultivariateDrift,

    /// <summary>More missing values, new categories, values out of range, or a value that stands still.</summary>
    DataQuality,

    /// <summary>The quality of the answers is worse than it was on the reference.</summary>
    Performance,

    /// <summary>The quality that was estimated without labels and the one found with them exclude each other.</summary>
    EstimateNoLongerHolds,

    /// <summary>One of two variants is better than the other.</summary>
    VariantDifference,
}
