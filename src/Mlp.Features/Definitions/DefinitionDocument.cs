using System.Security.Cryptography;
using System.Text.Json;
using System.Text.Json.Serialization;
using Mlp.Runtime.Data;
using Mlp.Runtime.Storage;

namespace Mlp.Features.Definitions;

/// <summary>The stored form of a definition, and the source of its fingerprint. Parts that a kind does not have are null.</summary>
internal sealed record DefinitionDocument
{
    internal const string FormatValue = "mlp-feature-definition";
    internal const int CurrentFormatVersion = ThirdFormatVersion;

    /// <summary>
    /// The format version from which on a service may call a view by another name and give its keys others, and a field may be a vector: an earlier reader would take the fingerprint for wrong. A definition
    /// with neither keeps the first.
    /// </summary>
    internal const int SecondFormatVersion = VectorLength.FirstFormatVersion;

    /// <summary>The format version from which on an on-demand view may compute from stored features. A definition that does not keeps the first or the second.</summary>
    internal const int ThirdFormatVersion = 3;

    internal const string FeatureViewKind = "feature-view";
    internal const string OnDemandKind = "on-demand-feature-view";
    internal const string ServiceKind = "feature-service";

    public string Format { get; init; } = FormatValue;

    public int FormatVersion { get; init; } = VersionedJson.FirstVersion;

    public required string Kind { get; init; }

    public required string Name { get; init; }

    public required int Version { get; init; }

    // An absent property is set to null when read.
    public string Fingerprint { get; init => field = value ?? string.Empty; } = string.Empty;

    public IReadOnlyList<KeyColumn>? Keys { get; init; }

    public IReadOnlyList<FeatureField>? RequestFields { get; init; }

    /// <summary>Stored features that an on-demand view computes from; null where it computes from the request alone.</summary>
    public IReadOnlyList<FeatureField>? InputFields { get; init; }

    public IReadOnlyList<FeatureField>? Fields { get; init; }

    public long? TimeToLiveMicroseconds { get; init; }

    public IReadOnlyList<ServiceViewDocument>? Views { get; init; }

    public string? EventTimeColumn { get; init; }

    public string? CreatedTimeColumn { get; init; }

    public bool? CreatedTimeEqualsEventTime { get; init; }

    public string? Owner { get; init; }

    public string? Description { get; init; }

    /// <summary>Where the created time of a view's rows comes from: a column of the source, the event time, or the time of the push. Null for other kinds of definitions.</summary>
    internal string? CreatedTimeRule => Kind != FeatureViewKind ? null : CreatedTimeColumn is not null ? "column" : CreatedTimeEqualsEventTime == true ? "event-time" : "push-time";

    /// <summary>The document as it is stored: with its fingerprint, and in the lowest format version that says all of it.</summary>
    internal DefinitionDocument WithFingerprint() => this with
    {
        Fingerprint = ComputeFingerprint(),
        FormatVersion = InputFields is not null ? ThirdFormatVersion
            : (RequestFields ?? []).Concat(Fields ?? []).Any(f => f.IsVector) || (Views ?? []).Any(v => v.Alias is not null) ? SecondFormatVersion : VersionedJson.FirstVersion,
    };

    /// <summary>SHA-256 of canonical JSON: no blanks, fixed order, only what changes the meaning of stored rows.</summary>
    internal string ComputeFingerprint()
    {
        using var buffer = new MemoryStream();
        using (var json = new Utf8JsonWriter(buffer))
        {
            json.WriteStartObject();
            json.WriteString("kind", Kind);
            json.WriteString("name", Name);
            json.WriteNumber("version", Version);
            WriteArray(json, "keys", Keys, k => WritePair(json, k.Name, "kind", EnumTerms<EntityValueKind>.Of(k.Kind)));
            WriteArray(json, "request", RequestFields, f => WriteField(json, f));
            WriteArray(json, "inputs", InputFields, f => WriteField(json, f));
            WriteArray(json, "fields", Fields, f => WriteField(json, f));
            if (TimeToLiveMicroseconds is { } timeToLive)
            {
                json.WriteNumber("timeToLiveMicroseconds", timeToLive);
            }

            if (CreatedTimeRule is { } rule)
            {
                json.WriteString("createdTime", rule);
            }

            WriteArray(json, "views", Views, v => WriteView(json, v));
            json.WriteEndObject();
        }

        return Convert.ToHexStringLower(SHA256.HashData(buffer.ToArray()));
    }

    private static void WriteView(Utf8JsonWriter json, ServiceViewDocument view)
    {
        json.WriteStartObject();
        json.WriteString("name", view.Name);
        json.WriteNumber("version", view.Version);
        json.WriteString("fingerprint", view.Fingerprint);
        if (view.Alias is not null)
        {
            json.WriteString("alias", view.Alias);
            WriteArray(json, "keys", view.Keys, k => WritePair(json, k.Name, "as", k.As));
        }

        WriteArray(json, "columns", view.Columns, c => WritePair(json, c.Name, "field", c.Field));
        json.WriteEndObject();
    }

    private static void WriteField(Utf8JsonWriter json, FeatureField field)
    {
        json.WriteStartObject();
        json.WriteString("name", field.Name);
        json.WriteString("type", EnumTerms<FeatureType>.Of(field.Type));
        if (field.IsVector)
        {
            json.WriteNumber("length", field.Length);
        }

        json.WriteEndObject();
    }

    private static void WritePair(Utf8JsonWriter json, string name, string property, string value)
    {
        json.WriteStartObject();
        json.WriteString("name", name);
        json.WriteString(property, value);
        json.WriteEndObject();
    }

    private static void WriteArray<T>(Utf8JsonWriter json, string name, IReadOnlyList<T>? items, Action<T> write)
    {
        if (items is null)
        {
            return;
        }

        json.WriteStartArray(name);
        foreach (var item in items)
        {
            write(item);
        }

        json.WriteEndArray();
    }
}

/// <summary>One view of a stored feature service.</summary>
internal sealed record ServiceViewDocument(string Name, int Version, string Fingerprint, IReadOnlyList<ServiceColumnDocument> Columns)
{
    /// <summary>What it is called within the service; null when by its name.</summary>
    public string? Alias { get; init; }

    /// <summary>Its keys under their names in the service, where it has an alias.</summary>
    public IReadOnlyList<ServiceKeyDocument>? Keys { get; init; }

    internal string NameInService => Alias ?? Name;
}

/// <summary>One key of a view of a stored feature service.</summary>
/// <param name="Name">Its name in the view.</param>
/// <param name="As">Its name in the service.</param>
internal sealed record ServiceKeyDocument(string Name, string As);

/// <summary>One column of a stored feature service.</summary>
internal sealed record ServiceColumnDocument(string Name, string Field);

[JsonSerializable(typeof(DefinitionDocument))]
[JsonSourceGenerationOptions(
    WriteIndented = true,
    NewLine = "\n",
    PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase,
    RespectNullableAnnotations = true,
    RespectRequiredConstructorParameters = true,
    Converters = [typeof(EnumTermConverter<FeatureType>), typeof(EnumTermConverter<EntityValueKind>)],
    DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull)]
internal sealed partial class DefinitionJson : JsonSerializerContext;
