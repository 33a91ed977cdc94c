using Mlp.Features.Definitions;
using Mlp.Spark.Connect;

namespace Mlp.Spark.Joins;

/// <summary>The rows of a feature view as a table of Spark: a column per key and feature, and the times, each a timestamp with or without a zone, a date, or a bigint of microseconds. Immutable.</summary>
/// <param name="Table">The table, of the session that joins. Further columns are passed over.</param>
public sealed record SparkFeatureTable(SparkDataFrame Table)
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
}
