using Mlp.Runtime.Data;

namespace Mlp.Training.Preprocessing.Texts;

/// <summary>Decides which features become bags of terms.</summary>
internal static class TextPlan
{
    private const int DefaultMaximumTerms = 256;

    private const int DefaultMinimumRows = 5;

    /// <summary>Learners for texts.</summary>
    /// <param name="columns">Indexes of features of any kind.</param>
    /// <param name="layout">The features.</param>
    /// <param name="options">Settings.</param>
    /// <param name="seed">Where coefficients of hashes come from.</param>
    public static IEnumerable<BlockLearner> Learners(IReadOnlyList<int> columns, FeatureRowLayout layout, PreprocessingOptions options, int seed)
    {
        var texts = columns.Select(i => (Column: i, Recipe: options.RecipeOf(layout.Columns[i].Name))).Where(t => t.Recipe.HasTextRule).ToList();
        return texts.Count == 0 ? [] : [new TextsLearner([.. texts.Select(t => Request(t.Column, layout.Columns[t.Column].Name, t.Recipe, seed))])];
    }

    private static TextRequest Request(int column, string name, FeatureRecipe recipe, int seed) => new(
        column,
        name,
        new(recipe.Terms ?? TextTerms.Words, recipe.ShortestTerm ?? 1, recipe.LongestTerm ?? recipe.ShortestTerm ?? 1, recipe.KeepCase ?? false),
        recipe.TermWeight ?? TermWeight.Count,
        recipe.MinimumTermRows ?? DefaultMinimumRows,
        recipe.MaximumTerms ?? DefaultMaximumTerms,
        recipe.TermBuckets,
        seed);
}
