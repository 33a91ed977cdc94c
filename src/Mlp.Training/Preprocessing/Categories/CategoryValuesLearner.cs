namespace Mlp.Training.Preprocessing.Categories;

/// <summary>Learns the numbers of one category's values. Not thread-safe.</summary>
internal abstract class CategoryValuesLearner
{
    /// <summary>Takes the first rows of a table.</summary>
    public abstract void Add(FeatureTable table, int rowCount, ReadOnlySpan<double> labels, ReadOnlySpan<float> weights);

    /// <summary>What was learned.</summary>
    /// <exception cref="TrainingDataException">No row has a value, or there are more values than allowed.</exception>
    public abstract CategoryValues Complete();
}
