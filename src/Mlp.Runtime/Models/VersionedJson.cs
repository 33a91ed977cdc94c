using System.Text.Json;
using System.Text.Json.Serialization.Metadata;

namespace Mlp.Runtime.Models;

/// <summary>Reads JSON files that carry a <c>formatVersion</c>, which is looked at before anything else.</summary>
internal static class VersionedJson
{
    /// <summary>Reads a document.</summary>
    /// <typeparam name="T">What the document holds.</typeparam>
    /// <param name="json">Bytes of the file.</param>
    /// <param name="path">Path of the file, for messages.</param>
    /// <param name="supported">The newest format version that can be read.</param>
    /// <param name="type">How to read the document.</param>
    /// <exception cref="UnsupportedFormatVersionException">A newer version of the platform wrote the file.</exception>
    /// <exception cref="CorruptFileException">The file is not JSON, has no format version or lacks something required.</exception>
    public static T Read<T>(ReadOnlyMemory<byte> json, string path, int supported, JsonTypeInfo<T> type)
    {
        try
        {
            var found = ReadFormatVersion(json);
            if (found > supported)
            {
                throw new UnsupportedFormatVersionException(path, found, supported);
            }

            if (found < 1)
            {
                throw new CorruptFileException(path, $"Expected a JSON object with a 'formatVersion' of at least 1 in '{path}', but found none.");
            }

            return JsonSerializer.Deserialize(json.Span, type)
                ?? throw new CorruptFileException(path, $"Expected a JSON object in '{path}', but found null.");
        }
        catch (JsonException e)
        {
            throw new CorruptFileException(path, $"Expected a complete JSON document in '{path}', but it cannot be read: {e.Message}", innerException: e);
        }
    }

    private static int ReadFormatVersion(ReadOnlyMemory<byte> json)
    {
        using var document = JsonDocument.Parse(json);
        return document.RootElement is { ValueKind: JsonValueKind.Object } root
            && root.TryGetProperty("formatVersion", out var version)
            && version.ValueKind == JsonValueKind.Number
            && version.TryGetInt32(out var number)
                ? number
                : 0;
    }
}
