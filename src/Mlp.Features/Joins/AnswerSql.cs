using Mlp.Features.Definitions;
using Mlp.Runtime.Data;

namespace Mlp.Features.Joins;

/// <summary>What the row of a view that was found says at the time of a question, in the SQL that DuckDB and Spark have in common. All expressions are int64 microseconds, features, or null where no row was found.</summary>
internal static class AnswerSql
{
    /// <summary>A feature: null where the row has outlived its time to live.</summary>
    /// <param name="view">The view.</param>
    /// <param name="time">The time of the question.</param>
    /// <param name="eventTime">The event time of the row.</param>
    /// <param name="value">The feature of the row.</param>
    internal static string Value(FeatureViewDefinition view, string time, string eventTime, string value)
        => view.TimeToLiveMicroseconds == Visibility.NoTimeToLive ? value : $"CASE WHEN {IsExpired(view, time, eventTime)} THEN NULL ELSE {value} END";

    /// <summary>The status of the view: Missing, Expired or Present.</summary>
    /// <param name="view">The view.</param>
    /// <param name="time">The time of the question.</param>
    /// <param name="eventTime">The event time of the row.</param>
    /// <param name="type">The type of the status, as the engine calls it.</param>
    internal static string Status(FeatureViewDefinition view, string time, string eventTime, string type)
    {
        var expired = view.TimeToLiveMicroseconds == Visibility.NoTimeToLive ? string.Empty : $" WHEN {IsExpired(view, time, eventTime)} THEN {(int)FeatureStatus.Expired}";
        return $"CAST(CASE WHEN {eventTime} IS NULL THEN {(int)FeatureStatus.Missing}{expired} ELSE {(int)FeatureStatus.Present} END AS {type})";
    }

    private static string IsExpired(FeatureViewDefinition view, string time, string eventTime) => FormattableString.Invariant($"{time} - {eventTime} > {view.TimeToLiveMicroseconds}");
}
