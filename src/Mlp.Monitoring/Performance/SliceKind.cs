namespace Mlp.Monitoring.Performance;

/// <summary>Where the value comes from that a slice groups by.</summary>
public enum SliceKind
{
    /// <summary>A tag that the caller gave.</summary>
    Tag,

    /// <summary>A part of the entity key.</summary>
    Key,

    /// <summary>A feature, as the model saw it.</summary>
    Feature,
}
