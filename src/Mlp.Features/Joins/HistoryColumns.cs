namespace Mlp.Features.Joins;

/// <summary>Names of the columns beside the features when rows of a view are read (<c>ReadHistoryAsync</c>, <c>ReadRangeAsync</c>).</summary>
public static class HistoryColumns
{
    /// <summary>The row of the question that a value belongs to, int64 from 0.</summary>
    public const string RowNumber = "__row";

    /// <summary>The place of a value among those of its row of the question, int64 from 1, the newest.</summary>
    public const string Rank = "__rank";

    /// <summary>Whether a value is Present or Expired at the time of the question, uint8 (<see cref="Runtime.Data.FeatureStatus"/>); the features of an expired one are null.</summary>
    public const string Status = "__status";

    /// <summary>When the values became true: a timestamp in microseconds UTC.</summary>
    public const string EventTime = "event_time";

    /// <summary>When they became known: a timestamp in microseconds UTC.</summary>
    public const string CreatedTime = "created_time";
}
