namespace Mlp.Training.Preprocessing.Categories;

/// <summary>Learns a <see cref="CategoryIdsBlock"/>.</summary>
/// <param name="features">Counter and rule of each feature, texts first.</param>
internal sealed class CategoryIdsLearner(IReadOnlyList<(CategoryCounter Counter, VocabularyRule Rule)> features) : BlockLearner
{
    /// <inheritdoc/>
    public override void Add(FeatureTable table, int rowCount, ReadOnlySpan<double> labels, ReadOnlySpan<float> weights)
    {
        foreach (var (counter, _) in features)
        {
            counter.Add(table, rowCount);
        }
    }

    /// <inheritdoc/>
    public override EncodedBlock Complete() => new CategoryIdsBlock([.. features.Select(f => f.Counter.Choose(f.Rule))]);
}
