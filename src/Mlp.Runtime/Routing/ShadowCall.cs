using Mlp.Runtime.Inference;

namespace Mlp.Runtime.Routing;

/// <summary>The keys and the request of a call. Immutable.</summary>
/// <typeparam name="TKeys">The keys.</typeparam>
/// <typeparam name="TRequest">The request.</typeparam>
internal sealed class ShadowCall<TKeys, TRequest>(TKeys keys, TRequest request) : IShadowCall
{
    /// <inheritdoc/>
    public bool Fits(ServingVersion version) => version.Entities.Fits<TKeys, TRequest>();

    /// <inheritdoc/>
    public ValueTask FillAsync(ServingVersion version, InferenceSlot slot, long eventTime, CancellationToken cancellationToken)
        => version.Entities.FillAsync(slot, eventTime, keys, request, cancellationToken);
}
