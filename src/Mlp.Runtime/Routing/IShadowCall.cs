using Mlp.Runtime.Inference;

namespace Mlp.Runtime.Routing;

/// <summary>The keys and the request of a call, kept for a shadow that reads features of its own.</summary>
internal interface IShadowCall
{
    /// <summary>Whether a version can answer the call; why not stands in <see cref="EntityPredictor.Misfits"/>.</summary>
    /// <param name="version">The shadow's version, which has a feature service.</param>
    bool Fits(ServingVersion version);

    /// <summary>Reads the features for a version.</summary>
    /// <param name="version">The shadow's version.</param>
    /// <param name="slot">A rented slot of one row of it.</param>
    /// <param name="eventTime">The time that features are read for, microseconds.</param>
    /// <param name="cancellationToken">Ends a pending read.</param>
    /// <exception cref="ArgumentException">The call does not fit the version's service.</exception>
    ValueTask FillAsync(ServingVersion version, InferenceSlot slot, long eventTime, CancellationToken cancellationToken);
}
