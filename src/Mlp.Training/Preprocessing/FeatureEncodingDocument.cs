using System.Text.Json;
using System.Text.Json.Serialization;
using Mlp.Runtime;
using Mlp.Runtime.Data;

namespace Mlp.Training.Preprocessing;

/// <summary>A learned <see cref="FeatureEncoding"/> as JSON: the format version, the features, and what was learned of them.</summary>
/// <param name="Format">Format version.</param>
/// <param name="Features">The features in the service's order.</param>
/// <param name="Blocks">What was learned.</param>
internal sealed record FeatureEncodingDocument(int Format, IReadOnlyList<FeatureColumn> Features, IReadOnlyList<EncodedBlock> Blocks)
{
    /// <summary>The newest format version that is read.</summary>
    public const int Version = 1;

    private static readonly JsonSerializerOptions Json = new()
    {
        PropertyNamingPolicy = JsonNamingPolicy.CamelCase,
        NumberHandling = JsonNumberHandling.AllowNamedFloatingPointLiterals,
        Converters = { new JsonStringEnumConverter() },
    };

    /// <summary>Writes an encoding.</summary>
    public static JsonElement Write(FeatureEncoding encoding)
        => JsonSerializer.SerializeToElement(new FeatureEncodingDocument(Version, encoding.Layout.Columns, encoding.Blocks), Json);

    /// <summary>Reads an encoding.</summary>
    /// <param name="json">What <see cref="Write"/> wrote.</param>
    /// <param name="path">The file that it stands in, for messages.</param>
    /// <exception cref="UnsupportedFormatVersionException">A newer version of the platform wrote it.</exception>
    /// <exception cref="CorruptFileException">It is no encoding.</exception>
    public static FeatureEncoding Read(JsonElement json, string path)
    {
        if (json.ValueKind == JsonValueKind.Object && json.TryGetProperty("format", out var format) && format.TryGetInt32(out var version) && version > Version)
        {
            throw new UnsupportedFormatVersionException(path, version, Version);
        }

        try
        {
            return json.Deserialize<FeatureEncodingDocument>(Json) is { Features: { } features, Blocks: { } blocks }
                ? new(new FeatureRowLayout(features), blocks)
                : throw new CorruptFileException(path, $"Expected a feature encoding in '{path}', but it lacks its features or its blocks.");
        }
        catch (Exception e) when (e is JsonException or NotSupportedException or ArgumentException)
        {
            throw new CorruptFileException(path, $"Expected a feature encoding in '{path}', but it cannot be read: {e.Message}", innerException: e);
        }
    }
}
