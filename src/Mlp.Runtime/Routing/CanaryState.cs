namespace Mlp.Runtime.Routing;

/// <summary>
/// The canary of a route and how far it is. It is stored with the route, so that of several processes that judge it one makes each move. The registry fills in what a new canary cannot know.
/// Immutable.
/// </summary>
public sealed record CanaryState
{
    /// <summary>Name of the challenger that is the canary.</summary>
    public required string Variant { get; init; }

    /// <summary>Its plan.</summary>
    public required CanaryPlan Plan { get; init; }

    /// <summary>The step it is at, from 0.</summary>
    public required int Step { get; init; }

    /// <summary>Where it stands.</summary>
    public required CanaryStatus Status { get; init; }

    /// <summary>The version that is being tried; null until a process has begun to. When the target moves to another version, the steps begin anew.</summary>
    public int? Version { get; init; }

    /// <summary>When the step began; null for a canary that has not been stored yet.</summary>
    public DateTimeOffset? StepStartedAt { get; init; }

    /// <summary>While <see cref="CanaryStatus.Promoting"/>: the revision of the champion's alias that is moved. Somebody else's move in between ends the promotion.</summary>
    public long? ChampionRevision { get; init; }

    /// <summary>Why it was aborted, as a sentence; null otherwise.</summary>
    public string? Reason { get; init; }
}
