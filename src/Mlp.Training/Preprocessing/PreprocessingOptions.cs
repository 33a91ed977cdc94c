using System.ComponentModel.DataAnnotations;
using Mlp.Runtime.Data;

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
    public ICollection<string> CategoricalFeatures { get; private set; } = [];

    /// <summary>Recipes by the feature's name; a feature without one is treated as its type says. <see cref="For"/> makes them.</summary>
    /// <value>The default value is empty.</value>
    public IDictionary<string, FeatureRecipe> Features { get; private set; } = new Dictionary<string, FeatureRecipe>(StringComparer.Ordinal);

    /// <summary>The recipe of a feature, made where it does not exist yet.</summary>
    /// <param name="feature">Name of the feature.</param>
    /// <returns>The recipe, to be changed.</returns>
    public FeatureRecipe For(string feature)
    {
        ArgumentException.ThrowIfNullOrEmpty(feature);
        if (!Features.TryGetValue(feature, out var recipe))
        {
            Features[feature] = recipe = new FeatureRecipe();
        }

        return recipe;
    }

    /// <summary>What is wrong with the recipes by themselves, as sentences; ranges of other settings are checked by their attributes.</summary>
    /// <param name="path">How the sentences name these options.</param>
    /// <param name="separator">What stands between it and a setting.</param>
    internal IEnumerable<string> FindFailures(string path, char separator)
        => Features.SelectMany(f => f.Value.FindFailures($"{path}{separator}{nameof(Features)}{separator}{f.Key}", separator));

    /// <summary>A copy that later changes to these options do not reach.</summary>
    internal PreprocessingOptions Copy()
    {
        var copy = (PreprocessingOptions)MemberwiseClone();
        copy.CategoricalFeatures = [.. CategoricalFeatures];
        copy.Features = Features.ToDictionary(f => f.Key, f => f.Value.Copy(), StringComparer.Ordinal);
        return copy;
    }

    /// <summary>The recipe of a feature, or an empty one.</summary>
    internal FeatureRecipe RecipeOf(string feature) => Features.TryGetValue(feature, out var recipe) ? recipe : FeatureRecipe.Default;

    /// <summary>Whether a feature is treated as a category rather than as a quantity.</summary>
    internal bool IsCategory(FeatureColumn feature)
        => RecipeOf(feature.Name) is var recipe && !recipe.HasDateRule && !recipe.HasTextRule
            && (feature.Type == FeatureType.String || CategoricalFeatures.Contains(feature.Name) || recipe.HasCategoryRule);

    /// <summary>Whether a feature is treated as a quantity.</summary>
    internal bool IsQuantity(FeatureColumn feature) => !IsCategory(feature) && !RecipeOf(feature.Name).HasDateRule && !RecipeOf(feature.Name).HasTextRule;
}
