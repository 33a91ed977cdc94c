using System.Collections.ObjectModel;
using Mlp.Runtime.Data;

namespace Mlp.Spark.Joins;

/// <summary>What <see cref="PointInTimeSql.For"/> joins. Immutable.</summary>
public sealed record PointInTimeSqlOptions
{
    /// <summary>The table of the rows that are asked about, as it stands in SQL: the keys of the service, the time, and any other columns, such as labels.</summary>
    public required string Entities { get; init; }

    /// <summary>The column with the time of each row.</summary>
    public required string TimeColumn { get; init; }

    /// <summary>What the column of times holds.</summary>
    /// <value>The default value is <see cref="SparkTimeType.Timestamp"/>.</value>
    public SparkTimeType TimeType { get; init; } = SparkTimeType.Timestamp;

    /// <summary>Which feature rows may be seen.</summary>
    /// <value>The default value is <see cref="JoinMode.EventTime"/>.</value>
    public JoinMode Mode { get; init; } = JoinMode.EventTime;

    /// <summary>The tables of the views, by name of the view. A view that is not named has a table that is called like it.</summary>
    /// <value>The default value is empty.</value>
    public IReadOnlyDictionary<string, PointInTimeTable> Tables { get; init; } = ReadOnlyDictionary<string, PointInTimeTable>.Empty;
}
