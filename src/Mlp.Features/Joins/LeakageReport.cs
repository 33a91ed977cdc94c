namespace Mlp.Features.Joins;

/// <summary>What a leakage check compared and found.</summary>
/// <param name="RowCount">Number of rows recomputed.</param>
/// <param name="ValueCount">Number of values compared, statuses and event times included.</param>
/// <param name="Differences">What differs; at most 100 are kept.</param>
/// <param name="DifferenceCount">How many differ in all.</param>
public sealed record LeakageReport(long RowCount, long ValueCount, IReadOnlyList<LeakageDifference> Differences, long DifferenceCount)
{
    /// <summary>Whether every compared value is what brute force gives.</summary>
    public bool IsClean => DifferenceCount == 0;
}
