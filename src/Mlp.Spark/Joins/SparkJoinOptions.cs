using System.Collections.ObjectModel;
using Mlp.Features.Offline;
using Mlp.Runtime.Data;

namespace Mlp.Spark.Joins;

/// <summary>How a training set is made on Spark. Immutable.</summary>
public sealed record SparkJoinOptions
{
    /// <summary>Which feature rows may be seen.</summary>
    /// <value>The default value is <see cref="JoinMode.EventTime"/>.</value>
    public JoinMode Mode { get; init; } = JoinMode.EventTime;

    /// <summary>Version of the service; null for the highest.</summary>
    /// <value>The default value is null.</value>
    public int? Version { get; init; }

    /// <summary>The tables of views, by name of the view. The rows of a view that is not named come from the offline store.</summary>
    /// <value>The default value is empty.</value>
    public IReadOnlyDictionary<string, SparkFeatureTable> Tables { get; init; } = ReadOnlyDictionary<string, SparkFeatureTable>.Empty;

    /// <summary>The commits of the offline store to read; null for the newest.</summary>
    /// <value>The default value is null.</value>
    public OfflineTimeTravel? TimeTravel { get; init; }

    /// <summary>Where Spark sees the store's data directory: an absolute path of every executor and of the driver, or a URI (<c>s3a://bucket/ml-data</c>); null for the path that this process sees. Without the characters that make a path a pattern: <c>*?[]{}\</c>.</summary>
    /// <value>The default value is null.</value>
    public string? DataDirectory { get; init; }
}
