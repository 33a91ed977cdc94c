using System.ComponentModel.DataAnnotations;

namespace Mlp.Monitoring.Drift;

/// <summary>How one feature is compared; what is null is as for the model.</summary>
public sealed class FeatureDriftOptions
{
    /// <summary>The distance.</summary>
    /// <value>The default value is null: as for the model.</value>
    public DriftMethod? Method { get; set; }

    /// <summary>The bins, of a number.</summary>
    /// <value>The default value is null: as for the model.</value>
    public DriftBinning? Binning { get; set; }

    /// <summary>The distance above which there is drift, 0.000001 to 1,000,000.</summary>
    /// <value>The default value is null: that of the method.</value>
    [Range(0.000001, 1_000_000.0)]
    public double? Threshold { get; set; }

    /// <summary>Whether integers are categories where the reference is a window of the log; a profile says it itself.</summary>
    /// <value>The default value is false: they are numbers.</value>
    public bool IsCategorical { get; set; }

    /// <summary>Whether the feature is left out.</summary>
    /// <value>The default value is false.</value>
    public bool IsIgnored { get; set; }
}
