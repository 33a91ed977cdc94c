using System.Text.Json;
using System.Text.Json.Serialization.Metadata;
using Mlp.Runtime;

namespace Mlp.Features;

/// <summary>
/// Reads the JSON files of the feature store. What a file is (<c>magic</c>) and its <c>formatVersion</c> are looked at before anything else, so that a file of a newer version is said to be newer and not damaged,
/// whatever else has changed in it.
/// </summary>
internal static class StoredDocument
{
    /// <summary>Reads a document.</summary>
    /// <typeparam name="T">Its type.</typeparam>
    /// <param name="path">Path of the file, for messages.</param>
    /// <param name="json">UTF-8 JSON.</param>
    /// <param name="magic">What the file must say it is.</param>
    /// <param name="supported">The newest format version that can be read; the oldest is 1.</param>
    /// <param name="type">How to read it.</param>
    /// <param name="what">What was expected, for messages.</param>
    /// <exception cref="UnsupportedFormatVersionException">A newer version wrote it.</exception>
    /// <exception cref="CorruptFileException">It is something else, or lacks something required.</exception>
    internal static T Read<T>(string path, ReadOnlyMemory<byte> json, string magic, int supported, JsonTypeInfo<T> type, string what)
        where T : class
    {
        try
        {
            CheckHeader(path, json, magic, supported, what);
            return JsonSerializer.Deserialize(json.Span, type) ?? throw new CorruptFileException(path, $"Expected {what} in '{path}', but found null.");
        }
        catch (JsonException error)
        {
            throw new CorruptFileException(path, $"Expected {what} as JSON in '{path}', but it cannot be read: {error.Message}", innerException: error);
        }
    }

    private static void CheckHeader(string path, ReadOnlyMemory<byte> json, string magic, int supported, string what)
    {
        using var document = JsonDocument.Parse(json);
        var root = document.RootElement;
        if (root.ValueKind != JsonValueKind.Object || !root.TryGetProperty("magic", out var found) || found.ValueKind != JsonValueKind.String || !found.ValueEquals(magic))
        {
            throw new CorruptFileException(path, $"Expected {what} in '{path}', but found something else.");
        }

        if (!root.TryGetProperty("formatVersion", out var version) || version.ValueKind != JsonValueKind.Number || !version.TryGetInt32(out var number) || number < 1)
        {
            throw new CorruptFileException(path, $"Expected {what} with a format version of at least 1 in '{path}', but found none.");
        }

        if (number > supported)
        {
            throw new UnsupportedFormatVersionException(path, number, supported);
        }
    }
}
