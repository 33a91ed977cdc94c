namespace Mlp.Runtime.Models;

/// <summary>A measure of quality before and after a change.</summary>
/// <param name="Name">Its name, as in a manifest's metrics.</param>
/// <param name="Before">Before.</param>
/// <param name="After">After.</param>
public sealed record MetricChange(string Name, double Before, double After);
