using Mlp.Features.OnDemand;
using Mlp.Features.Skew;

namespace Mlp.Features.Definitions;

/// <summary>
/// Features of type <typeparamref name="TFeatures"/> computed from a request of type <typeparamref name="TRequest"/> and from stored features of the service, <typeparamref name="TInputs"/>. Immutable and thread-safe.
/// </summary>
/// <typeparam name="TRequest">The request record: its properties are floats, doubles, integers, booleans, texts or vectors, nullable or not.</typeparam>
/// <typeparam name="TInputs">
/// The record of stored features: each property is called like a column of the service (<c>MeanFare</c> for <c>mean_fare</c>, with an alias <c>PickupMeanFare</c>) and may be null; a property of type
/// <see cref="Runtime.Data.FeatureStatus"/> that is called like another one with <c>Status</c> behind says why.
/// </typeparam>
/// <typeparam name="TFeatures">The record of features, of the same property types as the request; a struct where the request path shall not allocate.</typeparam>
public sealed class OnDemandFeatureViewDefinition<TRequest, TInputs, TFeatures> : OnDemandFeatureViewDefinition
{
    /// <summary>Defines the view.</summary>
    /// <param name="transform">Computes the features. It depends on nothing but the request and the stored features: no clock, no chance, no state.</param>
    /// <param name="name">Name of the view; null for the name of <typeparamref name="TFeatures"/> in snake_case.</param>
    /// <param name="version">Version, from 1; raise it when <paramref name="transform"/> computes something else.</param>
    /// <param name="description">What the view is about.</param>
    /// <exception cref="FeatureDefinitionException">A property has a type that is no feature type, or one of <typeparamref name="TInputs"/> may not be null.</exception>
    public OnDemandFeatureViewDefinition(Func<TRequest, TInputs, TFeatures> transform, string? name = null, int version = 1, string description = "")
        : base(name, version, description, typeof(TRequest), typeof(TFeatures), typeof(TInputs))
    {
        ArgumentNullException.ThrowIfNull(transform);
        Transform = transform;
    }

    /// <summary>Computes the features of a request and stored features.</summary>
    public Func<TRequest, TInputs, TFeatures> Transform { get; }

    internal override Delegate Method => Transform;

    internal override OnDemandTransform CreateTransform() => new OnDemandTransform<TRequest, TInputs, TFeatures>(this, new OnDemandOutputs<TFeatures>(FeatureProperties), Transform);

    internal override RequestSamples CreateRequestSamples(int capacity) => new RequestSamples<TRequest>(this, capacity);
}
