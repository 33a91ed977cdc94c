namespace Mlp.Features.Definitions;

/// <summary>Makes a record a feature view: its rows are keyed by <see cref="EntityKeyAttribute"/> and dated by <see cref="EventTimestampAttribute"/>.</summary>
/// <param name="name">Name of the view: lower-case letters, digits, <c>_</c> and <c>-</c>.</param>
[AttributeUsage(AttributeTargets.Class | AttributeTargets.Struct)]
public sealed class FeatureViewAttribute(string name) : Attribute
{
    /// <summary>Name of the view.</summary>
    public string Name { get; } = name;

    /// <summary>Version of the view, from 1; raise it with every change of keys, fields, types, order or time to live.</summary>
    /// <value>The default value is 1.</value>
    public int Version { get; set; } = 1;

    /// <summary>How long a row may be used after its event time, in the invariant form of <see cref="System.TimeSpan"/>, for example <c>7.00:00:00</c>.</summary>
    /// <value>The default value is null: without limit, unless <see cref="TimeToLiveSeconds"/> is set.</value>
    public string? TimeToLive { get; set; }

    /// <summary>How long a row may be used after its event time, in seconds; an alternative to <see cref="TimeToLive"/>.</summary>
    /// <value>The default value is 0: without limit, unless <see cref="TimeToLive"/> is set.</value>
    public long TimeToLiveSeconds { get; set; }

    /// <summary>Says that rows became known at their event time, for sources without a created time (<see cref="CreatedTimestampAttribute"/>).</summary>
    /// <value>The default value is <see langword="false"/>.</value>
    public bool CreatedTimeEqualsEventTime { get; set; }

    /// <summary>Who answers for the view.</summary>
    /// <value>The default value is empty.</value>
    public string Owner { get; set; } = string.Empty;

    /// <summary>What the view is about.</summary>
    /// <value>The default value is empty.</value>
    public string Description { get; set; } = string.Empty;
}
