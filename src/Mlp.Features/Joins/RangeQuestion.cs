using Mlp.Features.Definitions;
using Mlp.Runtime.Data;

namespace Mlp.Features.Joins;

/// <summary>What is asked about the rows of a view within a range of event times.</summary>
/// <param name="View">The view.</param>
/// <param name="Fields">Indexes of the features wanted, in order.</param>
/// <param name="From">The first event time, microseconds.</param>
/// <param name="Bound">The event time behind the last.</param>
/// <param name="Mode">Which rows may be seen.</param>
/// <param name="AsOf">The time of the question, microseconds; <see cref="long.MaxValue"/> without limit.</param>
internal sealed record RangeQuestion(FeatureViewDefinition View, IReadOnlyList<int> Fields, long From, long Bound, JoinMode Mode, long AsOf)
{
    /// <summary>The commit to read; null for the newest.</summary>
    internal long? Commit { get; init; }
}
