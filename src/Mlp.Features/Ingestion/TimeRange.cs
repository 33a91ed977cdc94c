using System.Globalization;

namespace Mlp.Features.Ingestion;

/// <summary>Which times are taken: those that <see cref="DateTimeOffset"/> can say, so that every stored time can be read back as one.</summary>
internal static class TimeRange
{
    /// <summary>What was expected, for messages.</summary>
    internal const string Expected = "a time of the years 1 to 9999";

    /// <summary>What was found, for messages.</summary>
    internal const string Beyond = "one beyond";

    /// <summary>What was expected of a record's time, for messages.</summary>
    internal const string ExpectedSet = "a time that was set";

    /// <summary>What was found, for messages.</summary>
    internal const string Unset = "the default of its type (0001-01-01)";

    private const long Earliest = -62_135_596_800_000_000;
    private const long Latest = 253_402_300_799_999_999;

    /// <summary>Whether a time is taken.</summary>
    /// <param name="time">Microseconds.</param>
    internal static bool Contains(long time) => time is >= Earliest and <= Latest;

    /// <summary>Whether the time of a record is the default of its type, which stands for one that was forgotten and never for an event.</summary>
    /// <param name="time">Microseconds.</param>
    internal static bool IsUnset(long time) => time == Earliest;

    /// <summary>SQL that is true for a time that is taken, and false for null and the infinities.</summary>
    /// <param name="sql">A TIMESTAMP.</param>
    internal static string Holds(string sql) => string.Create(CultureInfo.InvariantCulture, $"coalesce({sql} BETWEEN make_timestamp({Earliest}) AND make_timestamp({Latest}), false)");

    /// <summary>The same for microseconds, in the SQL that DuckDB and Spark have in common.</summary>
    /// <param name="sql">An int64.</param>
    internal static string HoldsMicroseconds(string sql) => string.Create(CultureInfo.InvariantCulture, $"coalesce({sql} BETWEEN {Earliest} AND {Latest}, false)");
}
