using System.Collections.ObjectModel;

namespace Mlp.Training.Runs;

/// <summary>A run as it was read: complete when it has ended, as far as it was written when not. Immutable.</summary>
public sealed record RunRecord
{
    /// <summary>The run's id.</summary>
    public required string Id { get; init; }

    /// <summary>The experiment that it belongs to.</summary>
    public required string Experiment { get; init; }

    /// <summary>Its name within the experiment.</summary>
    public required string Name { get; init; }

    /// <summary>How it stands.</summary>
    public required RunStatus Status { get; init; }

    /// <summary>When it started, UTC.</summary>
    public required DateTimeOffset StartedAt { get; init; }

    /// <summary>When it ended, UTC; null while it runs and when it was killed.</summary>
    public DateTimeOffset? EndedAt { get; init; }

    /// <summary>Why it failed; null when it did not.</summary>
    public string? Reason { get; init; }

    /// <summary>Settings by name.</summary>
    public IReadOnlyDictionary<string, string> Parameters { get; init; } = ReadOnlyDictionary<string, string>.Empty;

    /// <summary>Labels by name.</summary>
    public IReadOnlyDictionary<string, string> Tags { get; init; } = ReadOnlyDictionary<string, string>.Empty;

    /// <summary>Values of the metrics by name, in the order in which they were logged.</summary>
    public IReadOnlyDictionary<string, IReadOnlyList<MetricPoint>> Metrics { get; init; } = ReadOnlyDictionary<string, IReadOnlyList<MetricPoint>>.Empty;

    /// <summary>The files that it has kept.</summary>
    public IReadOnlyList<RunArtifact> Artifacts { get; init; } = [];

    /// <summary>The model versions that it has made.</summary>
    public IReadOnlyList<RunModel> Models { get; init; } = [];

    /// <summary>Version of the code; null when nobody has said.</summary>
    public string? CodeVersion { get; init; }

    /// <summary>Where it took place; null when its description cannot be read.</summary>
    public RunEnvironment? Environment { get; init; }

    /// <summary>Content hash of the training set; null when nobody has said.</summary>
    public string? TrainingSetHash { get; init; }

    /// <summary>Rows of the training set; null when nobody has said.</summary>
    public long? TrainingSetRowCount { get; init; }

    /// <summary>Id of the run that this one is a part of; null when it stands alone.</summary>
    public string? ParentRunId { get; init; }

    /// <summary>Entries that the run says it has lost, because the disk refused them for too long.</summary>
    public long LostEntryCount { get; init; }

    /// <summary>What is damaged in its files, as a sentence; what could be read in front of the damage is here. Null when all is whole.</summary>
    public string? Problem { get; init; }

    /// <summary>Number of the last entry that could be read.</summary>
    internal long LastEntryNumber { get; init; }

    /// <summary>The value of a metric that stands for the run.</summary>
    /// <param name="metric">Name of the metric.</param>
    /// <param name="summary">Which value.</param>
    /// <returns>The value; null when there is none.</returns>
    public double? GetMetric(string metric, MetricSummary summary = MetricSummary.Last)
    {
        ArgumentNullException.ThrowIfNull(metric);
        if (!Metrics.TryGetValue(metric, out var points) || points.Count == 0)
        {
            return null;
        }

        if (summary == MetricSummary.Last)
        {
            return points[^1].Value;
        }

        var numbers = points.Select(p => p.Value).Where(v => !double.IsNaN(v));
        return summary == MetricSummary.Minimum
            ? numbers.Cast<double?>().Min()
            : numbers.Cast<double?>().Max();
    }
}
