namespace Mlp.Runtime.Data;

/// <summary>Names of the columns that a point-in-time join adds beside the features.</summary>
public static class TrainingSetColumns
{
    /// <summary>Position of the row in the question, int64 from 0: every row that was asked about comes back once.</summary>
    public const string RowNumber = "__row";

    /// <summary>The status of a view for each row: a <see cref="FeatureStatus"/> of Present, Missing or Expired as uint8.</summary>
    /// <param name="view">View name.</param>
    /// <returns>Column name.</returns>
    /// <remarks>
    /// A table of other origin may say more: a column of that name for a feature holds the statuses of its values, and goes before that of its view, unless there is a view of that name too.
    /// </remarks>
    public static string StatusOf(string view) => view + "__status";

    /// <summary>The event time of the view's row that was joined, int64 microseconds, null where there is none.</summary>
    /// <param name="view">View name.</param>
    /// <returns>Column name.</returns>
    public static string EventTimeOf(string view) => view + "__event_time";
}
