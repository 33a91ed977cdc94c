using System.ComponentModel.DataAnnotations;

namespace Mlp.Training.Preprocessing;

/// <summary>How features become numbers. What the rule needs is learned from the training rows and becomes part of the exported model.</summary>
public sealed class PreprocessingOptions
{
    /// <summary>The greatest number of values of one categorical feature that get an input of their own, the most frequent first; the others share one. 1 to 100,000.</summary>
    /// <value>The default value is 64.</value>
    [Range(1, 100_000)]
    public int MaximumCategories { get; set; } = 64;

    /// <summary>How often a value must occur in the training rows to get an input of its own. 1 to 1,000,000.</summary>
    /// <value>The default value is 5.</value>
    [Range(1, 1_000_000)]
    public int MinimumCategoryCount { get; set; } = 5;

    /// <summary>Standard deviations from the mean at which a number is cut off, so that one absurd value cannot decide alone. 1 to 1,000,000.</summary>
    /// <value>The default value is 10.</value>
    [Range(1.0, 1_000_000.0)]
    public double MaximumDeviation { get; set; } = 10;

    /// <summary>Names of int64 features that are codes rather than quantities: an area, a weekday. Texts are always categorical.</summary>
    /// <value>The default value is empty.</value>
    public ICollection<string> CategoricalFeatures { get; } = [];
}
