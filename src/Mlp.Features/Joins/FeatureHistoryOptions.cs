using Mlp.Runtime.Data;

namespace Mlp.Features.Joins;

/// <summary>How the history of entities is read (<c>ReadHistoryAsync</c>).</summary>
public sealed class FeatureHistoryOptions
{
    /// <summary>How many values per row of the question at most, 1 to 100,000.</summary>
    /// <value>The default value is 10.</value>
    public int Count { get; set; } = 10;

    /// <summary>The column with the time of each row of the question, rounded down to microseconds; null when all rows have the time <see cref="AsOf"/>.</summary>
    public string? TimeColumn { get; set; }

    /// <summary>The time of all rows of the question; null for now. Not together with <see cref="TimeColumn"/>.</summary>
    public DateTimeOffset? AsOf { get; set; }

    /// <summary>Which feature rows may be seen.</summary>
    /// <value>The default value is <see cref="JoinMode.EventTime"/>.</value>
    public JoinMode Mode { get; set; } = JoinMode.EventTime;

    /// <summary>Names of the features to read, in order; null for all.</summary>
    public IReadOnlyList<string>? Features { get; set; }

    /// <summary>Version of the view; null for the highest.</summary>
    public int? Version { get; set; }
}
