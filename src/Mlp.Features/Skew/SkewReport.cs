namespace Mlp.Features.Skew;

/// <summary>What a skew check compared and found.</summary>
/// <param name="RowCount">Number of served rows recomputed.</param>
/// <param name="DroppedRowCount">Number of sampled rows since the last check that found no room, or came while another one was copied or rows were handed over.</param>
/// <param name="ValueCount">Number of values compared.</param>
/// <param name="Counts">Number of values that differ, by verdict; verdicts without any are absent.</param>
/// <param name="Differences">What differs; at most 1,000 are kept, those that make the report unclean first.</param>
public sealed record SkewReport(long RowCount, long DroppedRowCount, long ValueCount, IReadOnlyDictionary<SkewVerdict, long> Counts, IReadOnlyList<SkewDifference> Differences)
{
    /// <summary>Whether no value differs without a reason that lies in how rows were brought in (<see cref="SkewVerdict.DifferentValue"/>, <see cref="SkewVerdict.NotRepeatable"/>).</summary>
    public bool IsClean => !Counts.ContainsKey(SkewVerdict.DifferentValue) && !Counts.ContainsKey(SkewVerdict.NotRepeatable);

    /// <summary>When the check began.</summary>
    public DateTimeOffset CheckedAt { get; init; }

    /// <summary>What was not compared and why, by model version and on-demand view; empty when everything was.</summary>
    public IReadOnlyList<SkewOmission> NotCompared { get; init; } = [];
}
