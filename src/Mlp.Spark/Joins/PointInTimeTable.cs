using Mlp.Features.Definitions;

namespace Mlp.Spark.Joins;

/// <summary>Where SQL finds the rows of a feature view: a table or view of Spark with a column per key and feature, of the types of the definition, and the times. Immutable.</summary>
/// <param name="Name">Its name as it stands in SQL, quoted where it must be.</param>
public sealed record PointInTimeTable(string Name)
{
    /// <summary>The column of the event time; null for the definition's <see cref="FeatureViewDefinition.EventTimeColumn"/>.</summary>
    /// <value>The default value is null.</value>
    public string? EventTimeColumn { get; init; }

    /// <summary>The column of the created time; null for the definition's <see cref="FeatureViewDefinition.CreatedTimeColumn"/>, and for the event time where the definition says that they are equal.</summary>
    /// <value>The default value is null.</value>
    public string? CreatedTimeColumn { get; init; }

    /// <summary>Of rows with one key, event time and created time the one with the greatest value of this column is seen; null where there are no such rows, or any of them will do.</summary>
    /// <value>The default value is null.</value>
    public string? SequenceColumn { get; init; }

    /// <summary>What both columns of times hold.</summary>
    /// <value>The default value is <see cref="SparkTimeType.Timestamp"/>.</value>
    public SparkTimeType TimeType { get; init; } = SparkTimeType.Timestamp;
}
