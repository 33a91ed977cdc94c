using System.ComponentModel.DataAnnotations;

namespace Mlp.Training.Search;

/// <summary>When a trial is stopped before its end.</summary>
public sealed class PruningOptions
{
    /// <summary>Whether trials are stopped at all.</summary>
    /// <value>The default value is false.</value>
    public bool IsEnabled { get; set; }

    /// <summary>The step at which trials are compared first, 1 to 1,000,000.</summary>
    /// <value>The default value is 3.</value>
    [Range(1, 1_000_000)]
    public int MinimumSteps { get; set; } = 3;

    /// <summary>One in how many goes on at each comparison, and by how much further the next comparison is, 2 to 100.</summary>
    /// <value>The default value is 3.</value>
    [Range(2, 100)]
    public int ReductionFactor { get; set; } = 3;
}
