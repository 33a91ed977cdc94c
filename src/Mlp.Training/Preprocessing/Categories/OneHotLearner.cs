using Mlp.Runtime.Data;

namespace Mlp.Training.Preprocessing.Categories;

/// <summary>Learns which values of categories get a slot of their own.</summary>
internal sealed class OneHotLearner : BlockLearner
{
    private readonly IReadOnlyList<int> _columns;
    private readonly PreprocessingOptions _options;
    private readonly CategoryCounts[] _counts;

    private OneHotLearner(IReadOnlyList<int> columns, PreprocessingOptions options)
    {
        (_columns, _options) = (columns, options);
        _counts = [.. columns.Select(_ => new CategoryCounts())];
    }

    /// <summary>Learners for categories, one for all that are treated alike.</summary>
    /// <param name="columns">Indexes of the features, texts first.</param>
    /// <param name="layout">The features.</param>
    /// <param name="options">Settings.</param>
    /// <param name="target">What the rows are encoded for; null where labels are not looked at.</param>
    public static IEnumerable<BlockLearner> Plan(IReadOnlyList<int> columns, FeatureRowLayout layout, PreprocessingOptions options, EncodingTarget? target)
        => columns.Count == 0 ? [] : [new OneHotLearner(columns, options)];

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
            var category = Learn(_columns[i], slot, _counts[i]);
            categories.Add(category);
            slot += category.SlotCount;
        }

        return new OneHotBlock(categories);
    }

    private CategoryEncoding Learn(int column, int firstSlot, CategoryCounts counts)
    {
        var texts = Frequent(counts.Texts());
        var integers = Frequent(counts.Integers());
        var known = texts.Sum(c => c.Value) + integers.Sum(c => c.Value);
        var next = firstSlot + texts.Count + integers.Count;
        var other = counts.PresentCount > known ? next++ : EncodedRows.NoSlot;
        var absent = counts.MissingCount > 0 ? next++ : EncodedRows.NoSlot;
        return new(column, firstSlot, [.. texts.Select(c => c.Key)], [.. integers.Select(c => c.Key)], other, absent, next - firstSlot);
    }

    private List<KeyValuePair<T, long>> Frequent<T>(List<KeyValuePair<T, long>> counts)
        => [.. counts.Take(_options.MaximumCategories).TakeWhile(c => c.Value >= _options.MinimumCategoryCount)];
}
