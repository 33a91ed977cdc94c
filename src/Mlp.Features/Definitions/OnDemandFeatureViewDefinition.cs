using System.Reflection;
using Mlp.Features.OnDemand;
using Mlp.Features.Skew;
using Mlp.Runtime.Data;

namespace Mlp.Features.Definitions;

/// <summary>
/// Features computed from a request by one C# method, the same for training and serving. Immutable and thread-safe.
/// </summary>
public abstract class OnDemandFeatureViewDefinition
{
    private readonly DefinitionDocument _document;

    private protected OnDemandFeatureViewDefinition(string? name, int version, string description, Type requestType, Type featuresType, Type? inputsType = null)
    {
        var named = name ?? DefinitionNames.ToSnakeCase(featuresType.Name);
        DefinitionNames.CheckDefinition("on-demand feature view", named, version);
        RequestType = requestType;
        FeaturesType = featuresType;
        RequestProperties = ReadFields(named, requestType, RecordConstruction.CanSet);
        FeatureProperties = ReadFields(named, featuresType, static (_, _) => true);
        Inputs = inputsType is null ? [] : OnDemandInput.Read(named, inputsType);
        _document = new DefinitionDocument
        {
            Kind = DefinitionDocument.OnDemandKind,
            Name = named,
            Version = version,
            RequestFields = [.. RequestProperties.Select(p => p.Field)],
            InputFields = inputsType is null ? null : [.. Inputs.Where(input => !input.IsStatus).Select(input => input.Field)],
            Fields = [.. FeatureProperties.Select(p => p.Field)],
            Description = description,
        }.WithFingerprint();
    }

    /// <summary>Name of the view.</summary>
    public string Name => _document.Name;

    /// <summary>Version of the view, from 1; raise it when the method computes something else.</summary>
    public int Version => _document.Version;

    /// <summary>The fields of the request that features are computed from; columns of that name are read from a training set's spine.</summary>
    public IReadOnlyList<FeatureField> RequestFields => _document.RequestFields!;

    /// <summary>The stored features that features are computed from besides the request, by their column names in the service; none for most views.</summary>
    public IReadOnlyList<FeatureField> InputFields => _document.InputFields ?? [];

    /// <summary>The features, in order of declaration.</summary>
    public IReadOnlyList<FeatureField> Fields => _document.Fields!;

    /// <summary>What the view is about.</summary>
    public string Description => _document.Description ?? string.Empty;

    /// <summary>SHA-256 of the canonical definition (name, version, request fields, inputs, features, types, order), 64 lower-case hexadecimal digits. The code is not part of it.</summary>
    public string Fingerprint => _document.Fingerprint;

    /// <summary>The request record.</summary>
    public Type RequestType { get; }

    /// <summary>The record of computed features.</summary>
    public Type FeaturesType { get; }

    internal DefinitionDocument Document => _document;

    /// <summary>The method that computes the features.</summary>
    internal abstract Delegate Method { get; }

    internal IReadOnlyList<(PropertyInfo Property, FeatureField Field)> RequestProperties { get; }

    internal IReadOnlyList<(PropertyInfo Property, FeatureField Field)> FeatureProperties { get; }

    /// <summary>The properties of the record of stored features, in order; none where the view computes from the request alone.</summary>
    internal IReadOnlyList<OnDemandInput> Inputs { get; }

    /// <summary>Compiles the view once for requests and batches.</summary>
    internal abstract OnDemandTransform CreateTransform();

    /// <summary>Room for the requests of sampled calls.</summary>
    internal abstract RequestSamples CreateRequestSamples(int capacity);

    /// <inheritdoc/>
    public override string ToString() => $"on-demand feature view '{Name}' version {Version}";

    private static List<(PropertyInfo Property, FeatureField Field)> ReadFields(string definition, Type record, Func<Type, PropertyInfo, bool> use)
    {
        var fields = new List<(PropertyInfo Property, FeatureField Field)>();
        foreach (var property in RecordAttributes.Properties(record).Where(p => use(record, p)))
        {
            var attribute = RecordAttributes.Find<FeatureAttribute>(record, property);
            DefinitionNames.CheckColumn(definition, RecordAttributes.ColumnOf(attribute?.Name, property));
            var field = RecordAttributes.FieldOf(record, property, attribute, $"on-demand feature view '{definition}'", definition) ?? throw new FeatureDefinitionException(
                definition,
                $"Expected '{record.Name}.{property.Name}' of the on-demand feature view '{definition}' to be a float, double, integer (not ulong), bool, string or vector (float[] or ReadOnlyMemory<float>), but found {property.PropertyType.Name}.");
            fields.Add((property, field));
        }

        if (fields.Count == 0)
        {
            throw new FeatureDefinitionException(definition, $"Expected '{record.Name}' of the on-demand feature view '{definition}' to have public properties, but found none.");
        }

        DefinitionNames.CheckUnique(definition, fields.Select(f => f.Field.Name));
        return fields;
    }
}
