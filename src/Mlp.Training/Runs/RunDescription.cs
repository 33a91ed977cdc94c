using System.Collections.ObjectModel;
using Mlp.Runtime.Data;

namespace Mlp.Training.Runs;

/// <summary>What is known of a run when it starts.</summary>
/// <param name="Experiment">The experiment that it belongs to: a platform name, 1 to 100 lower-case letters, digits, '-', '_' and '.'.</param>
public sealed record RunDescription(string Experiment)
{
    /// <summary>A name for people, unique within the experiment and of the same form; null takes the run's id.</summary>
    public string? Name { get; init; }

    /// <summary>The settings that are known, by name. More can follow by <see cref="IRun.LogParameter"/>.</summary>
    public IReadOnlyDictionary<string, string> Parameters { get; init; } = ReadOnlyDictionary<string, string>.Empty;

    /// <summary>Free labels.</summary>
    public IReadOnlyDictionary<string, string> Tags { get; init; } = ReadOnlyDictionary<string, string>.Empty;

    /// <summary>Version of the code; null takes the informational version of the entry assembly.</summary>
    public string? CodeVersion { get; init; }

    /// <summary>The rows that are trained on; null when nobody says.</summary>
    public TrainingSetManifest? TrainingSet { get; init; }

    /// <summary>Id of the run that this one is a part of, for example a search of its trials; null when it stands alone.</summary>
    public string? ParentRunId { get; init; }
}
