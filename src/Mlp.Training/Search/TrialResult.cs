namespace Mlp.Training.Search;

/// <summary>A trial that has ended.</summary>
/// <param name="Number">The trial from 0; number and seed decide its settings.</param>
/// <param name="Parameters">Its settings.</param>
/// <param name="Status">How it ended.</param>
/// <param name="Value">The objective's value; for a pruned one the last that it reported; null for a failed one.</param>
/// <param name="RunName">Name of its run in the experiment.</param>
public sealed record TrialResult(int Number, TrialParameters Parameters, TrialStatus Status, double? Value, string RunName)
{
    /// <summary>Why it failed; null for others.</summary>
    public string? Failure { get; init; }
}
