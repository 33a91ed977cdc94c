using Mlp.Runtime.Data;

namespace Mlp.Training.Preprocessing.Categories;

/// <summary>Learns which values of categories get a slot of their own.</summary>
internal sealed class OneHotLearner : BlockLearner
{
    private readonly IReadOnlyList<int> _columns;
    private readonly FeatureRowLayout _layout;
    private readonly PreprocessingOptions _options;
    private readonly CategoryCounts[] _counts;

    private OneHotLearner(IReadOnlyList<int> columns, FeatureRowLayout layout, PreprocessingOptions options)
    {
        (_columns, _layout, _options) = (columns, layout, options);
        _counts = [.. columns.Select(_ => new CategoryCounts())];
    }

    /// <summary>Learners for categories, one for all that are treated alike.</summary>
    /// <param name="columns">Indexes of the features, texts first.</param>
    /// <param name="layout">The features.</param>
    /// <param name="options">Settings.</param>
    /// <param name="target">What the rows are encoded for; null where labels are not looked at.</param>
    public static IEnumerable<BlockLearner> Plan(IReadOnlyList<int> columns, FeatureRowLayout layout, PreprocessingOptions options, EncodingTarget? target)
        => columns.Count == 0 ? [] : [new OneHotLearner(columns, layout, options)];

    /// <inheritdoc/>
    public override void Add(FeatureTable table, int rowCount, ReadOnlySpan<double> labels, ReadOnlySpan<float> weights)
    {
        for (var i = 0; i < _counts.Length; i++)
        {
            _counts[i].Add(table.Columns[_columns[i]], rowCount);
        }
    }

    /// <inheritdoc/>
    public override EncodedBlock Complete()
    {
        var categories = new List<CategoryEncoding>();
        var slot = 0;
        for (var i = 0; i < _counts.Length; i++)
        {
            ThrowIfEmpty(_layout.Columns[_columns[i]].Name, _counts[i]);
            var category = Learn(_columns[i], slot, _counts[i]);
            categories.Add(category);
            slot += category.SlotCount;
        }

        return new OneHotBlock(categories);
    }

    /// <summary>Refuses a category without any value.</summary>
    /// <exception cref="TrainingDataException">It has none.</exception>
    internal static void ThrowIfEmpty(string feature, CategoryCounts counts)
    {
        if (counts.PresentCount == 0)
        {
            throw NoValue(feature, counts.MissingCount);
        }
    }

    private CategoryEncoding Learn(int column, int firstSlot, CategoryCounts counts)
    {
        var recipe = _options.RecipeOf(_layout.Columns[column].Name);
        var (allTexts, allIntegers) = (counts.Texts(), counts.Integers());
        var texts = Frequent(allTexts, column, recipe);
        var integers = Frequent(allIntegers, column, recipe);
        var known = texts.Sum(c => c.Value) + integers.Sum(c => c.Value);
        var dropped = recipe.DropFirst == true && texts.Count + integers.Count > 0 ? 1 : 0;
        var next = firstSlot + texts.Count + integers.Count - dropped;
        var other = counts.PresentCount > known ? next++ : EncodedRows.NoSlot;
        var absent = counts.MissingCount > 0 ? next++ : EncodedRows.NoSlot;
        var isText = _layout.Columns[column].Type == FeatureType.String;
        var keepsRare = recipe.Unknown == UnknownCategory.Nothing;
        return new(column, firstSlot, [.. texts.Select(c => c.Key)], [.. integers.Select(c => c.Key)], other, absent, next - firstSlot)
        {
            DropsFirst = dropped > 0,
            RareTexts = keepsRare && isText ? [.. allTexts.Skip(texts.Count).Select(c => c.Key)] : null,
            RareIntegers = keepsRare && !isText ? [.. allIntegers.Skip(integers.Count).Select(c => c.Key)] : null,
        };
    }

    private List<KeyValuePair<T, long>> Frequent<T>(List<KeyValuePair<T, long>> counts, int column, FeatureRecipe recipe)
    {
        var maximum = recipe.MaximumCategories ?? _options.MaximumCategories;
        var frequent = counts.TakeWhile(c => c.Value >= (recipe.MinimumCategoryCount ?? _options.MinimumCategoryCount)).ToList();
        return frequent.Count <= maximum
            ? frequent
            : recipe.RefuseMoreCategories == true ? throw CategoryCounter.TooMany(_layout.Columns[column].Name, maximum, frequent.Count) : frequent[..maximum];
    }
}
