namespace Mlp.Runtime.Routing;

/// <summary>
/// A variant in this process. Calls, failures and latencies are those since its version came into service, or since the route began to share calls out, whichever was later: a model with a
/// champion alone counts nothing here. Immutable.
/// </summary>
public sealed record VariantDescription
{
    /// <summary>The name that its predictions carry.</summary>
    public required string Name { get; init; }

    /// <summary>The version that answers; null while there is none and the champion answers in its place.</summary>
    public int? Version { get; init; }

    /// <summary>Its share of the calls by the route, 0 to 1.</summary>
    public required double Share { get; init; }

    /// <summary>Calls that it answered or failed at; those that their callers gave up, and those that found no room, are not among them.</summary>
    public required long Calls { get; init; }

    /// <summary>Calls that failed or took too long.</summary>
    public required long Errors { get; init; }

    /// <summary>The median latency of answered calls, within 1/32; null without any.</summary>
    public TimeSpan? MedianLatency { get; init; }

    /// <summary>The latency that 99 % of the answered calls stay under, within 1/32; null without any.</summary>
    public TimeSpan? TailLatency { get; init; }
}
