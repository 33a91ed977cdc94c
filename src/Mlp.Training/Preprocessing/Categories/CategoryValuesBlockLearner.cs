namespace Mlp.Training.Preprocessing.Categories;

/// <summary>Learns a <see cref="CategoryValuesBlock"/>.</summary>
/// <param name="features">One learner per feature, texts first.</param>
internal sealed class CategoryValuesBlockLearner(IReadOnlyList<CategoryValuesLearner> features) : BlockLearner
{
    /// <inheritdoc/>
    public override void Add(FeatureTable table, int rowCount, ReadOnlySpan<double> labels, ReadOnlySpan<float> weights)
    {
        foreach (var feature in features)
        {
            feature.Add(table, rowCount, labels, weights);
        }
    }

    /// <inheritdoc/>
    public override EncodedBlock Complete() => new CategoryValuesBlock([.. features.Select(f => f.Complete())]);
}
