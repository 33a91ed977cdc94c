namespace Mlp.Training.Trees;

/// <summary>What thresholds are compared and leaves added in.</summary>
public enum TreePrecision
{
    /// <summary>Float64, as LightGBM does: raw scores stay within 0.000002 · max(1, |score|) of LightGBM's, whatever the number of trees.</summary>
    Float64,

    /// <summary>
    /// Float32: half the size. Float32 inputs go the same ways; the sum is rounded after each tree, which shows where large leaves cancel each other, and float64 and int64 inputs lose
    /// their last digits.
    /// </summary>
    Float32,
}
