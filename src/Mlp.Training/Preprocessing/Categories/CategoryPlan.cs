using Mlp.Runtime.Data;

namespace Mlp.Training.Preprocessing.Categories;

/// <summary>Decides what becomes of each category.</summary>
internal sealed class CategoryPlan(FeatureRowLayout layout, PreprocessingOptions options, EncodingTarget? target)
{
    private const int DefaultMaximum = 100_000;

    private const int DefaultBuckets = 256;

    private const int DefaultFolds = 5;

    private const float DefaultUnknownCode = -1;

    private const float DefaultMissingCode = -2;

    /// <summary>Learners for categories, one for all that are treated alike.</summary>
    /// <param name="columns">Indexes of the features, texts first.</param>
    /// <param name="layout">The features.</param>
    /// <param name="options">Settings.</param>
    /// <param name="target">What the rows are encoded for; null where labels are not looked at.</param>
    public static IEnumerable<BlockLearner> Learners(IReadOnlyList<int> columns, FeatureRowLayout layout, PreprocessingOptions options, EncodingTarget? target)
    {
        var plan = new CategoryPlan(layout, options, target);
        int[] Of(params ReadOnlySpan<CategoryKind> kinds)
        {
            var wanted = kinds.ToArray();
            return [.. columns.Where(i => wanted.Contains(plan.Recipe(i).Category ?? CategoryKind.OneHot))];
        }

        var values = Of(CategoryKind.Ordinal, CategoryKind.Frequency, CategoryKind.Target);
        var hashes = Of(CategoryKind.Hash);
        var ids = Of(CategoryKind.Id);
        return
        [
            .. OneHotLearner.Plan(Of(CategoryKind.OneHot), layout, options, target),
            .. values.Length == 0 ? Array.Empty<BlockLearner>() : [new CategoryValuesBlockLearner([.. values.Select(plan.Values)])],
            .. hashes.Length == 0 ? Array.Empty<BlockLearner>() : [plan.Hash(hashes)],
            .. ids.Length == 0 ? Array.Empty<BlockLearner>() : [plan.Ids(ids)],
        ];
    }

    private CategoryValuesLearner Values(int column)
    {
        var (recipe, counter) = (Recipe(column), new CategoryCounter(layout.Columns[column], column));
        var vocabulary = Vocabulary(recipe, 1) with { Order = recipe.Order ?? CategoryOrder.Frequency, Given = [.. recipe.GivenCategories ?? []] };
        var isStandardised = recipe.Standardise ?? true;
        return recipe.Category switch
        {
            CategoryKind.Ordinal => new CountedValuesLearner(
                counter, vocabulary, isStandardised, (index, _) => CategoryValues.Ordinal(index, $"{counter.Feature.Name}.ordinal", recipe.UnknownCode ?? DefaultUnknownCode, recipe.MissingCode ?? DefaultMissingCode)),
            CategoryKind.Frequency => new CountedValuesLearner(
                counter, vocabulary, isStandardised, (index, counts) => CategoryValues.Frequency(index, $"{counter.Feature.Name}.frequency", counts, recipe.Frequency ?? FrequencyMeasure.Share)),
            _ => new TargetLearner(counter, vocabulary, isStandardised, target is { ClassCount: > 2 } ? target.ClassCount : 1, Rule(recipe)),
        };
    }

    private TargetRule Rule(FeatureRecipe recipe)
    {
        var standard = new TargetRule(recipe.Smoothing ?? TargetSmoothing.EmpiricalBayes);
        return standard with
        {
            Weight = recipe.SmoothingWeight ?? standard.Weight,
            Midpoint = recipe.SmoothingMidpoint ?? standard.Midpoint,
            Slope = recipe.SmoothingSlope ?? standard.Slope,
            Folds = new(target?.Seed ?? 0, recipe.TargetFolds ?? DefaultFolds),
        };
    }

    private CategoryHashLearner Hash(int[] columns)
        => new([.. columns.Select(i => (i, Recipe(i).HashBuckets ?? DefaultBuckets, Recipe(i).SignedHash ?? false))], layout, target?.Seed ?? 0);

    private CategoryIdsLearner Ids(int[] columns)
        => new([.. columns.Select(i => (new CategoryCounter(layout.Columns[i], i), Vocabulary(Recipe(i), options.MinimumCategoryCount)))]);

    private static VocabularyRule Vocabulary(FeatureRecipe recipe, int minimumCount)
        => new(recipe.MinimumCategoryCount ?? minimumCount, recipe.MaximumCategories ?? DefaultMaximum) { RefusesMore = recipe.RefuseMoreCategories ?? false };

    private FeatureRecipe Recipe(int column) => options.RecipeOf(layout.Columns[column].Name);
}
