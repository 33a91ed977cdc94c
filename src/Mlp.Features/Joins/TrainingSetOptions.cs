using Mlp.Features.Offline;
using Mlp.Runtime.Data;

namespace Mlp.Features.Joins;

/// <summary>How a training set is made (<c>CreateTrainingSetAsync</c>, <c>CreateTrainingSetFromRangeAsync</c>).</summary>
public sealed class TrainingSetOptions
{
    /// <summary>Which feature rows may be seen.</summary>
    /// <value>The default value is <see cref="JoinMode.EventTime"/>.</value>
    public JoinMode Mode { get; set; } = JoinMode.EventTime;

    /// <summary>Version of the service; null for the highest.</summary>
    public int? Version { get; set; }

    /// <summary>The commits of the offline store to read; null for the newest. Rows that were deleted since stay away.</summary>
    public OfflineTimeTravel? TimeTravel { get; set; }
}
