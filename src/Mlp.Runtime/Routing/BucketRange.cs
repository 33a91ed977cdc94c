namespace Mlp.Runtime.Routing;

/// <summary>A run of the 10,000 buckets that entity keys fall into. Immutable.</summary>
/// <param name="First">First bucket, 0 to 9,999.</param>
/// <param name="End">The bucket behind the last one, up to 10,000.</param>
public readonly record struct BucketRange(int First, int End)
{
    /// <summary>Number of buckets.</summary>
    [System.Text.Json.Serialization.JsonIgnore]
    public int Count => End - First;
}
