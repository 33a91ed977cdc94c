namespace Mlp.Training.Preprocessing;

/// <summary>Learns a block from training rows, batch by batch, in one pass. Not thread-safe.</summary>
internal abstract class BlockLearner
{
    /// <summary>Takes the first rows of a table, which does not change until the block is complete.</summary>
    /// <param name="table">Rows.</param>
    /// <param name="rowCount">How many of them to learn from.</param>
    /// <param name="labels">One per row, or empty where no learner needs them.</param>
    /// <param name="weights">How much each row counts; empty where all count the same.</param>
    public abstract void Add(FeatureTable table, int rowCount, ReadOnlySpan<double> labels, ReadOnlySpan<float> weights);

    /// <summary>What was learned.</summary>
    /// <exception cref="TrainingDataException">The rule cannot be learned from these rows.</exception>
    public abstract EncodedBlock Complete();

    /// <summary>What is thrown for a feature that nothing can be learned of.</summary>
    /// <param name="feature">Its name.</param>
    /// <param name="rowCount">Training rows.</param>
    internal static TrainingDataException NoValue(string feature, long rowCount)
        => new(FormattableString.Invariant($"Expected a value of feature '{feature}' in at least one training row, but it is missing in all {rowCount}: leave the feature out."), feature);
}
