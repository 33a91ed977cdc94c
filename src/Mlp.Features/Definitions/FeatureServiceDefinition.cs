using Mlp.Runtime.Data;
using Mlp.Runtime.Storage;

namespace Mlp.Features.Definitions;

/// <summary>A feature service: the features that one model reads, from one or more views, in a fixed order. Immutable and thread-safe.</summary>
public sealed class FeatureServiceDefinition
{
    private readonly DefinitionDocument _document;

    internal FeatureServiceDefinition(string name, int version, IReadOnlyList<KeyColumn> keys, FeatureRowLayout layout, IReadOnlyList<FeatureServiceView> views, string description)
    {
        Views = [.. views];
        _document = new DefinitionDocument
        {
            Kind = DefinitionDocument.ServiceKind,
            Name = name,
            Version = version,
            Description = description,
            Views =
            [
                .. views.Select(v => new ServiceViewDocument(
                    v.DefinitionName, v.Version, v.Fingerprint, [.. v.Columns.Select(c => new ServiceColumnDocument(layout.Columns[c.ColumnIndex].Name, v.Fields[c.FieldIndex].Name))])
                {
                    Alias = v.Alias,
                    Keys = v.Alias is null ? null : [.. v.View!.Keys.Select((key, part) => new ServiceKeyDocument(key.Name, keys[v.KeyIndexes[part]].Name))],
                }),
            ],
        }.WithFingerprint();
        Description = new FeatureServiceDescription(name, version, _document.Fingerprint, [.. keys], layout);
    }

    /// <summary>Name of the service.</summary>
    public string Name => _document.Name;

    /// <summary>Version of the service, from 1.</summary>
    public int Version => _document.Version;

    /// <summary>SHA-256 of the canonical definition (views with their fingerprints, columns, order), 64 lower-case hexadecimal digits.</summary>
    public string Fingerprint => _document.Fingerprint;

    /// <summary>The views, in order.</summary>
    public IReadOnlyList<FeatureServiceView> Views { get; }

    /// <summary>The contract with models: keys and layout.</summary>
    public FeatureServiceDescription Description { get; }

    internal DefinitionDocument Document => _document;

    /// <inheritdoc/>
    public override string ToString() => $"feature service '{Name}' version {Version}";
}
