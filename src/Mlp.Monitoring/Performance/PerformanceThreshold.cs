namespace Mlp.Monitoring.Performance;

/// <summary>A figure of live quality beyond which a finding is made.</summary>
public sealed class PerformanceThreshold
{
    /// <summary>Model name; <c>*</c> for every model.</summary>
    public string Model { get; set; } = string.Empty;

    /// <summary>Name of the figure, for example <c>performance.auc</c> or <c>labels.maturity</c>.</summary>
    public string Figure { get; set; } = string.Empty;

    /// <summary>Least value that is ordinary; null for none.</summary>
    public double? Lower { get; set; }

    /// <summary>Greatest value that is ordinary; null for none.</summary>
    public double? Upper { get; set; }
}
