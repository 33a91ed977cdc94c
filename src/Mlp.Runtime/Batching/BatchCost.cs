namespace Mlp.Runtime.Batching;

/// <summary>What a run of a number of rows takes, as measured. Immutable.</summary>
/// <param name="RowCount">Number of rows, a power of two.</param>
/// <param name="RunMicroseconds">Time of the whole run, microseconds.</param>
public readonly record struct BatchCost(int RowCount, double RunMicroseconds)
{
    /// <summary>Time per row, microseconds.</summary>
    public double MicrosecondsPerRow => RunMicroseconds / RowCount;
}
