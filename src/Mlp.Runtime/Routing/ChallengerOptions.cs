using System.ComponentModel.DataAnnotations;

namespace Mlp.Runtime.Routing;

/// <summary>A challenger of the options.</summary>
public sealed class ChallengerOptions : RouteTargetOptions
{
    /// <summary>Its share of the calls, 0 to 1 in steps of 0.0001; with 0 it is not loaded. It must be said.</summary>
    /// <value>The default value is null.</value>
    [Required]
    [Range(0.0, 1.0)]
    public double? Share { get; set; }
}
