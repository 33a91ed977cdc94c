using Mlp.Runtime.Data;

namespace Mlp.Features.Joins;

/// <summary>How the rows of a view within a range of event times are read (<c>ReadRangeAsync</c>).</summary>
public sealed class FeatureRangeOptions
{
    /// <summary>Which feature rows may be seen: all, or those that were known at <see cref="AsOf"/>.</summary>
    /// <value>The default value is <see cref="JoinMode.EventTime"/>.</value>
    public JoinMode Mode { get; set; } = JoinMode.EventTime;

    /// <summary>
    /// The time of the question. Rows with a later event time, and in <see cref="JoinMode.CreatedTime"/> those with a later created time, are not seen. Null is now in <see cref="JoinMode.CreatedTime"/>
    /// and without limit in <see cref="JoinMode.EventTime"/>.
    /// </summary>
    public DateTimeOffset? AsOf { get; set; }

    /// <summary>Names of the features to read, in order; null for all.</summary>
    public IReadOnlyList<string>? Features { get; set; }

    /// <summary>Version of the view; null for the highest.</summary>
    public int? Version { get; set; }
}
