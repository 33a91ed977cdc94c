using System.ComponentModel.DataAnnotations;

namespace Mlp.Runtime.Routing;

/// <summary>A shadow of the options.</summary>
public sealed class ShadowOptions : RouteTargetOptions
{
    /// <summary>Share of the answered calls that it sees, above 0 and up to 1.</summary>
    /// <value>The default value is 1.</value>
    [Range(0.0, 1.0, MinimumIsExclusive = true)]
    public double SampleRate { get; set; } = 1;
}
