using System.Collections.Frozen;

namespace Mlp.Monitoring.Drift;

/// <summary>The validated settings of drift detection: what the running code sees.</summary>
/// <param name="Window">How far back the recent window reaches.</param>
/// <param name="Significance">Chance that a report without drift calls any feature drifted, above 0 and below 1.</param>
/// <param name="MinimumRowCount">Rows below which nothing is said.</param>
internal sealed record DriftConfiguration(TimeSpan Window, double Significance, long MinimumRowCount)
{
    public static DriftConfiguration Default { get; } = new(TimeSpan.FromHours(1), 0.01, 100);

    /// <summary>What differs for single models, by name; <see cref="Hosting.MonitoringOptions.AllModels"/> for all others.</summary>
    public FrozenDictionary<string, DriftOptions> Models { get; init; } = FrozenDictionary<string, DriftOptions>.Empty;

    /// <summary>What counts as drift of a model.</summary>
    public DriftRules RulesOf(string model)
        => new(Models.GetValueOrDefault(model) ?? Models.GetValueOrDefault(Hosting.MonitoringOptions.AllModels) ?? new DriftOptions(), Significance, MinimumRowCount);
}
