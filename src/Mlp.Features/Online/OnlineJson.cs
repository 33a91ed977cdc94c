using System.Text.Json;
using System.Text.Json.Serialization;
using Mlp.Runtime;

namespace Mlp.Features.Online;

/// <summary>The JSON files of the online store.</summary>
[JsonSourceGenerationOptions(PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase, WriteIndented = true, RespectNullableAnnotations = true, RespectRequiredConstructorParameters = true)]
[JsonSerializable(typeof(OnlineViewDocument))]
[JsonSerializable(typeof(OnlineCheckpointManifest))]
[JsonSerializable(typeof(WriteAheadHeader))]
internal sealed partial class OnlineJson : JsonSerializerContext
{
    /// <summary>Reads a document.</summary>
    /// <typeparam name="T">Its type.</typeparam>
    /// <param name="path">Path of the file, for messages.</param>
    /// <param name="bytes">UTF-8 JSON.</param>
    /// <param name="type">How to read it.</param>
    /// <param name="what">What was expected, for messages.</param>
    /// <exception cref="CorruptFileException">The bytes are not such a document.</exception>
    internal static T Read<T>(string path, ReadOnlySpan<byte> bytes, System.Text.Json.Serialization.Metadata.JsonTypeInfo<T> type, string what)
        where T : class
    {
        try
        {
            return JsonSerializer.Deserialize(bytes, type) ?? throw new CorruptFileException(path, $"Expected {what} in '{path}', but found null.");
        }
        catch (JsonException error)
        {
            throw new CorruptFileException(path, $"Expected {what} in '{path}', but it cannot be read: {error.Message}", innerException: error);
        }
    }
}
