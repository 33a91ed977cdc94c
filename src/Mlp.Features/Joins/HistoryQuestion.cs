using Mlp.Features.Definitions;
using Mlp.Runtime.Data;

namespace Mlp.Features.Joins;

/// <summary>What is asked about the history of entities.</summary>
/// <param name="View">The view.</param>
/// <param name="Fields">Indexes of the features wanted, in order.</param>
/// <param name="Count">How many values per row at most.</param>
/// <param name="TimeColumn">The column with the time of each row, or null.</param>
/// <param name="AsOf">The time of all rows where there is no column, microseconds.</param>
/// <param name="Mode">Which feature rows may be seen.</param>
internal sealed record HistoryQuestion(FeatureViewDefinition View, IReadOnlyList<int> Fields, int Count, string? TimeColumn, long AsOf, JoinMode Mode);
