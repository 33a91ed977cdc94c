using Mlp.Runtime.Data;

namespace Mlp.Training.Preprocessing.Numbers;

/// <summary>Learns what becomes of the numbers of one rule.</summary>
internal sealed class NumbersLearner : BlockLearner
{
    private readonly NumberRule _rule;
    private readonly NumberLearning[] _numbers;

    private NumbersLearner(NumberRule rule, NumberLearning[] numbers) => (_rule, _numbers) = (rule, numbers);

    /// <summary>Learners for numbers, one for all of a rule.</summary>
    /// <param name="layout">The features.</param>
    /// <param name="columns">Indexes of the features, by type.</param>
    /// <param name="options">Settings.</param>
    public static IEnumerable<BlockLearner> Plan(FeatureRowLayout layout, IReadOnlyList<int> columns, PreprocessingOptions options)
        => columns
            .GroupBy(c => NumberRule.Of(options.RecipeOf(layout.Columns[c].Name), options))
            .Select(rule => new NumbersLearner(
                rule.Key,
                [.. rule.SelectMany(c => Enumerable.Range(0, layout.Columns[c].Length).Select(e => new NumberLearning(c, e, layout.Columns[c], options.RecipeOf(layout.Columns[c].Name))))]));

    /// <inheritdoc/>
    public override void Add(FeatureTable table, int rowCount, ReadOnlySpan<double> labels, ReadOnlySpan<float> weights)
    {
        foreach (var number in _numbers)
        {
            number.Sample.Add(table.Columns[number.Column].SourceOf(number.Element), rowCount);
        }
    }

    /// <inheritdoc/>
    public override EncodedBlock Complete()
    {
        foreach (var feature in _numbers.GroupBy(n => n.Column))
        {
            NumberLearning.ThrowIfEmpty([.. feature]);
        }

        return _rule.Kind switch
        {
            NumberRuleKind.Scaled => new NumbersBlock(_rule.Function, [.. _numbers.Select(n => n.Scaled())], _rule.Least, _rule.Greatest),
            NumberRuleKind.UniformQuantiles or NumberRuleKind.NormalQuantiles => new QuantileBlock(
                [.. _numbers.Select(n => n.Distribution())], _rule.Kind == NumberRuleKind.NormalQuantiles),
            _ => new BucketBlock(
                [.. _numbers.Select(n => n.Buckets())], _rule.Kind == NumberRuleKind.OrdinalBuckets ? BucketOutput.Ordinal : BucketOutput.OneHot),
        };
    }
}
