using Mlp.Features.OnDemand;
using Mlp.Features.Skew;

namespace Mlp.Features.Definitions;

/// <summary>Features of type <typeparamref name="TFeatures"/> computed from a request of type <typeparamref name="TRequest"/>. Immutable and thread-safe.</summary>
/// <typeparam name="TRequest">The request record: its properties are floats, doubles, integers, booleans or texts, nullable or not.</typeparam>
/// <typeparam name="TFeatures">The record of features, of the same property types; a struct where the request path shall not allocate.</typeparam>
public sealed class OnDemandFeatureViewDefinition<TRequest, TFeatures> : OnDemandFeatureViewDefinition
{
    /// <summary>Defines the view.</summary>
    /// <param name="transform">Computes the features. It depends on nothing but the request: no clock, no chance, no state.</param>
    /// <param name="name">Name of the view; null for the name of <typeparamref name="TFeatures"/> in snake_case.</param>
    /// <param name="version">Version, from 1; raise it when <paramref name="transform"/> computes something else.</param>
    /// <param name="description">What the view is about.</param>
    /// <exception cref="FeatureDefinitionException">A property has a type that is no feature type.</exception>
    public OnDemandFeatureViewDefinition(Func<TRequest, TFeatures> transform, string? name = null, int version = 1, string description = "")
        : base(name, version, description, typeof(TRequest), typeof(TFeatures))
    {
        ArgumentNullException.ThrowIfNull(transform);
        Transform = transform;
    }

    /// <summary>Computes the features of a request.</summary>
    public Func<TRequest, TFeatures> Transform { get; }

    internal override Delegate Method => Transform;

    internal override OnDemandTransform CreateTransform()
        => new OnDemandTransform<TRequest, NoInputs, TFeatures>(this, new OnDemandOutputs<TFeatures>(FeatureProperties), (request, _) => Transform(request));

    internal override RequestSamples CreateRequestSamples(int capacity) => new RequestSamples<TRequest>(this, capacity);
}
