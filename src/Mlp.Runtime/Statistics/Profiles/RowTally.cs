namespace Mlp.Runtime.Statistics.Profiles;

/// <summary>Rows of a kind.</summary>
/// <param name="Count">Rows.</param>
/// <param name="Weight">The sum of their weights; their number where all weights are 1.</param>
internal readonly record struct RowTally(long Count, double Weight)
{
    public static RowTally operator +(RowTally a, RowTally b) => new(a.Count + b.Count, a.Weight + b.Weight);
}
