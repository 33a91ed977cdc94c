using Mlp.Training.Runs;

namespace Mlp.Training.Search;

/// <summary>What a search has found. Immutable.</summary>
/// <param name="Trials">The trials that have ended, by number.</param>
/// <param name="Best">The finished trial with the best value, of equal ones the first; null when none has finished.</param>
/// <param name="Runs">The runs of the trials, in the same order.</param>
public sealed record SearchResult(IReadOnlyList<TrialResult> Trials, TrialResult? Best, IReadOnlyList<RunRecord> Runs)
{
    /// <summary>
    /// The trials side by side: how each ended (finished, pruned, failed), its settings of the space, the metric <c>objective</c> (its value), <c>progress</c> (what it reported last on the way), and why it failed.
    /// </summary>
    /// <returns>The table.</returns>
    public RunComparison ToTable()
    {
        var statuses = Trials.ToDictionary(
            t => t.RunName, t => t.Status switch { TrialStatus.Pruned => "pruned", TrialStatus.Failed => "failed", _ => "finished" }, StringComparer.Ordinal);
        var settings = Trials.SelectMany(t => t.Parameters.Values.Keys).Distinct(StringComparer.Ordinal).Order(StringComparer.Ordinal);
        return new(Runs, settings, run => statuses[run.Name]);
    }
}
