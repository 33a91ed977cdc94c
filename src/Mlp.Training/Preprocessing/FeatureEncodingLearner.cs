using Mlp.Runtime.Data;
using Mlp.Training.Preprocessing.Categories;
using Mlp.Training.Preprocessing.Dates;
using Mlp.Training.Preprocessing.Numbers;
using Mlp.Training.Preprocessing.Texts;

namespace Mlp.Training.Preprocessing;

/// <summary>Learns a <see cref="FeatureEncoding"/> from training rows in one pass: the rows of one table, or batch by batch of a set that memory does not hold. Not thread-safe.</summary>
internal sealed class FeatureEncodingLearner
{
    private readonly FeatureRowLayout _layout;
    private readonly List<BlockLearner> _learners = [];

    /// <summary>Plans what becomes of each feature.</summary>
    /// <param name="layout">The features.</param>
    /// <param name="options">Settings.</param>
    /// <param name="target">What the rows are encoded for; null where labels are not looked at.</param>
    /// <exception cref="ArgumentException">A feature that the settings name does not exist or is of a type that they cannot mean.</exception>
    public FeatureEncodingLearner(FeatureRowLayout layout, PreprocessingOptions options, EncodingTarget? target = null)
    {
        _layout = layout;
        OptionRanges.ThrowIfAny([.. options.FindFailures(nameof(PreprocessingOptions), '.')], nameof(options));
        FeatureRecipeCheck.ThrowIfUnfit(layout, options);
        var columns = Enumerable.Range(0, layout.Columns.Count).OrderBy(i => layout.Columns[i].Type).ToList();
        _learners.AddRange(NumbersLearner.Plan(layout, [.. columns.Where(i => options.IsQuantity(layout.Columns[i]))], options));
        int[] categories = [.. columns.Where(i => options.IsCategory(layout.Columns[i])).OrderBy(i => layout.Columns[i].Type != FeatureType.String)];
        _learners.AddRange(CategoryPlan.Learners(categories, layout, options, target));
        _learners.AddRange(DatePlan.Learners(columns, layout, options));
        _learners.AddRange(TextPlan.Learners(columns, layout, options, target?.Seed ?? 0));
    }

    /// <summary>Takes the first rows of a table.</summary>
    /// <param name="table">Rows; it does not change until the encoding is complete.</param>
    /// <param name="rowCount">How many of them to learn from; later ones are not looked at.</param>
    /// <param name="labels">One per row; empty where labels are not looked at.</param>
    /// <param name="weights">How much each row counts; empty where all count the same.</param>
    public void Add(FeatureTable table, int rowCount, ReadOnlySpan<double> labels = default, ReadOnlySpan<float> weights = default)
    {
        foreach (var learner in _learners)
        {
            learner.Add(table, rowCount, labels, weights);
        }
    }

    /// <summary>What was learned.</summary>
    /// <exception cref="TrainingDataException">A column has no value, or values that its rule cannot be learned from.</exception>
    public FeatureEncoding Complete() => new(_layout, [.. _learners.Select(l => l.Complete())]);
}
