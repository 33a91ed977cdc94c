namespace Mlp.Training.Preprocessing.Categories;

/// <summary>Learns numbers that follow from how often each value occurs.</summary>
/// <param name="counter">Counts.</param>
/// <param name="rule">Which values stand for themselves.</param>
/// <param name="isStandardised">Whether the numbers get mean 0 and deviation 1.</param>
/// <param name="make">Makes the numbers of a vocabulary and its counts.</param>
internal sealed class CountedValuesLearner(CategoryCounter counter, VocabularyRule rule, bool isStandardised, Func<CategoryVocabulary, int[], CategoryValues> make) : CategoryValuesLearner
{
    /// <inheritdoc/>
    public override void Add(FeatureTable table, int rowCount, ReadOnlySpan<double> labels, ReadOnlySpan<float> weights) => counter.Add(table, rowCount);

    /// <inheritdoc/>
    public override CategoryValues Complete()
    {
        var vocabulary = counter.Choose(rule);
        var counts = counter.CountsOf(vocabulary);
        var values = make(vocabulary, counts);
        return isStandardised ? values.Standardise(counts) : values;
    }
}
