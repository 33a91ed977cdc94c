using Mlp.Runtime.Statistics.Profiles;

namespace Mlp.Monitoring.Profiles;

/// <summary>The validated settings of profiles of the live stream.</summary>
/// <param name="Pane">How much time one profile covers.</param>
/// <param name="SaveInterval">How often the profile of the running pane is written.</param>
internal sealed record ProfileConfiguration(TimeSpan Pane, TimeSpan SaveInterval)
{
    /// <summary>What the options say by default.</summary>
    public static ProfileConfiguration Default { get; } = new(TimeSpan.FromHours(1), TimeSpan.FromMinutes(5));

    /// <summary>How quantiles are kept.</summary>
    public QuantileSketchKind QuantileSketch { get; init; } = QuantileSketchKind.DDSketch;

    /// <summary>How long ago the time of a file ended when it is deleted; null for never.</summary>
    public TimeSpan? RetentionAge { get; init; }
}
