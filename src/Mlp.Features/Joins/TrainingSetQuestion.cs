using Mlp.Features.Definitions;
using Mlp.Runtime.Data;

namespace Mlp.Features.Joins;

/// <summary>What a point-in-time join is asked.</summary>
/// <param name="Service">The features wanted.</param>
/// <param name="TimeColumn">The column with the time of each row.</param>
/// <param name="LabelColumn">The label column, or null.</param>
/// <param name="Mode">Which feature rows may be seen.</param>
/// <param name="Commits">Per view the commit to read; views that are not named are read as of now.</param>
internal sealed record TrainingSetQuestion(
    FeatureServiceDefinition Service, string TimeColumn, string? LabelColumn, JoinMode Mode, IReadOnlyDictionary<(string View, int Version), long>? Commits = null)
{
    /// <summary>The commit of a view to read, or null for now.</summary>
    /// <param name="view">The view.</param>
    internal long? CommitOf(FeatureViewDefinition view) => Commits is { } commits && commits.TryGetValue((view.Name, view.Version), out var commit) ? commit : null;
}
