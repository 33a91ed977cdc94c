using Mlp.Runtime.Data;

namespace Mlp.Runtime.Predictions;

/// <summary>What a caller may say about one call; the default says nothing. Immutable.</summary>
public readonly record struct PredictionOptions
{
    /// <summary>The time that features are read for. The default is now.</summary>
    public DateTimeOffset? AsOf { get; init; }

    /// <summary>
    /// How long the call may take in all: the wait for a slot, the wait for features and the run. Null or infinite for any time. A run that has begun is ended only if runs of this model last
    /// over a millisecond.
    /// </summary>
    /// <exception cref="ArgumentOutOfRangeException">It is negative and not <see cref="System.Threading.Timeout.InfiniteTimeSpan"/>.</exception>
    public TimeSpan? Timeout
    {
        get;
        init => field = value is not { } time || time >= TimeSpan.Zero || time == System.Threading.Timeout.InfiniteTimeSpan
            ? value
            : throw new ArgumentOutOfRangeException(nameof(value), time, "Expected a timeout of at least zero, or an infinite one.");
    }

    /// <summary>
    /// What keeps the caller on one variant where the model has several, in place of the entity keys: a customer, a session. An integer, a text or a GUID converts to it without allocation.
    /// The default, null, is none: then the entity keys say it, and a call without keys gets any variant.
    /// </summary>
    public EntityValue RoutingKey { get; init; }

    /// <summary>
    /// Labels for the prediction log, for example the place in the application that asks; observers copy them during the call. None by default.
    /// With an array that is kept, a call with tags allocates nothing either.
    /// </summary>
    public ReadOnlyMemory<KeyValuePair<string, string>> Tags { get; init; }

    /// <summary>Options that read features as of a time.</summary>
    /// <param name="asOf">The time.</param>
    /// <returns>The options.</returns>
    public static PredictionOptions At(DateTimeOffset asOf) => new() { AsOf = asOf };
}
