using Mlp.Runtime.Data;

namespace Mlp.Training.Preprocessing;

/// <summary>Whether settings of features fit the features that there are.</summary>
internal static class FeatureRecipeCheck
{
    /// <summary>Checks names and types.</summary>
    /// <exception cref="ArgumentException">A feature does not exist or is of a type that the setting cannot mean.</exception>
    public static void ThrowIfUnfit(FeatureRowLayout layout, PreprocessingOptions options)
    {
        foreach (var name in options.CategoricalFeatures)
        {
            var type = ColumnOf(layout, name, $"the categorical feature '{name}'", nameof(options)).Type;
            if (type is not (FeatureType.Int64 or FeatureType.String))
            {
                throw new ArgumentException($"Expected the categorical feature '{name}' to be of type Int64 or String, but found {type}.", nameof(options));
            }
        }

        foreach (var (name, recipe) in options.Features)
        {
            var feature = ColumnOf(layout, name, $"the feature '{name}' of a recipe", nameof(options));
            if (recipe.HasNumberRule && options.IsCategory(feature))
            {
                throw new ArgumentException(
                    feature.Type == FeatureType.String
                        ? $"Expected a recipe for a category, but that of the feature '{name}' of type String has settings of quantities."
                        : $"Expected a recipe for a category, but that of the categorical feature '{name}' has settings of quantities.",
                    nameof(options));
            }

            if (recipe.HasCategoryRule && feature.Type is not (FeatureType.Int64 or FeatureType.String))
            {
                throw new ArgumentException($"Expected a recipe for a quantity, but that of the feature '{name}' of type {VectorLength.Describe(feature)} has settings of categories.", nameof(options));
            }

            if (recipe.HasDateRule && (feature.Type != FeatureType.Int64 || options.CategoricalFeatures.Contains(name)))
            {
                throw Unfit(feature, options, "a timestamp of type Int64", "dates", nameof(options));
            }

            if (recipe.HasTextRule && (feature.Type != FeatureType.String || options.CategoricalFeatures.Contains(name)))
            {
                throw Unfit(feature, options, "a text of type String", "terms", nameof(options));
            }
        }
    }

    private static ArgumentException Unfit(FeatureColumn feature, PreprocessingOptions options, string expected, string settings, string parameterName)
        => new($"Expected the recipe with settings of {settings} for {expected}, but the feature '{feature.Name}' is {(options.CategoricalFeatures.Contains(feature.Name) ? "categorical" : $"of type {VectorLength.Describe(feature)}")}.", parameterName);

    private static FeatureColumn ColumnOf(FeatureRowLayout layout, string name, string what, string parameterName)
        => layout.IndexOf(name) is >= 0 and var index
            ? layout.Columns[index]
            : throw new ArgumentException($"Expected {what} among the features, but found {string.Join(", ", layout.Columns.Select(c => $"'{c.Name}'"))}.", parameterName);
}
