using Apache.Arrow;
using Mlp.Features.Ingestion;
using Mlp.Features.OnDemand;
using Mlp.Runtime.Data;

namespace Mlp.Features.Definitions;

/// <summary>Features of type <typeparamref name="TFeatures"/> computed from a request of type <typeparamref name="TRequest"/>. Immutable and thread-safe.</summary>
/// <typeparam name="TRequest">The request record: its properties are floats, doubles, integers, booleans or texts, nullable or not.</typeparam>
/// <typeparam name="TFeatures">The record of features, of the same property types; a struct where the request path shall not allocate.</typeparam>
public sealed class OnDemandFeatureViewDefinition<TRequest, TFeatures> : OnDemandFeatureViewDefinition, IRequestFeatures<TRequest>
{
    private readonly RecordField<TFeatures>[] _features;
    private readonly Func<RequestColumn[], int, TRequest> _readRequest;

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
        _features = [.. FeatureProperties.Select(p => new RecordField<TFeatures>(p.Property, p.Field))];
        _readRequest = RequestReader.Compile<TRequest>(Name, [.. RequestProperties.Select(p => p.Property)]);
    }

    /// <summary>Computes the features of a request.</summary>
    public Func<TRequest, TFeatures> Transform { get; }

    /// <inheritdoc/>
    RequestFeatureWriter<TRequest> IRequestFeatures<TRequest>.CreateWriter(FeatureServiceView view, FeatureRowLayout layout)
    {
        var cells = FeatureRowCell.CellsOf(view, layout);
        return (in TRequest request, FeatureRows destination, int row) =>
        {
            var writer = new FeatureRowWriter(cells, destination, row);
            WriteFeatures(Transform(request), ref writer);
        };
    }

    internal override IReadOnlyList<IArrowArray> Compute(IReadOnlyList<RequestColumn> request, int count)
    {
        RequestColumn[] columns = [.. request];
        var writer = new ColumnWriter([.. Fields.Select(f => new ColumnBuilder(f.Type))]);
        for (var row = 0; row < count; row++)
        {
            WriteFeatures(Transform(_readRequest(columns, row)), ref writer);
        }

        return [.. writer.Columns.Select(c => c.Build())];
    }

    private void WriteFeatures<TWriter>(in TFeatures features, ref TWriter writer)
        where TWriter : IFeatureFieldWriter, allows ref struct
    {
        for (var i = 0; i < _features.Length; i++)
        {
            _features[i].Write(features, i, ref writer);
        }
    }
}
