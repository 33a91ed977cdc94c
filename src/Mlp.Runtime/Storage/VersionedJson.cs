using System.Text.Json;
using System.Text.Json.Serialization.Metadata;

namespace Mlp.Runtime.Storage;

/// <summary>
/// Reads our JSON documents. Each is an object that says what it is (<c>format</c>) and in which version of that (<c>formatVersion</c>, from 1); both are looked at
/// before anything else, so that a newer file is refused as newer and never as damaged. They best stand first.
/// <para>
/// Unknown properties are passed over, so an optional one may be added at any time. A new required property, a new member of an enumeration, a file beside the document that a reader must
/// know of, or a changed meaning raises the format version. An optional property that is absent has its type's documented default.
/// </para>
/// <para>
/// <b>A writer stamps the lowest format version that can express what it writes</b>, not the newest it knows: a document is <see cref="FirstVersion"/> unless its content needs a later one, so that
/// after an update everything that an earlier version could have written can still be read by it. <c>CurrentFormatVersion</c> of a document is what a reader compares with, and nothing else.
/// </para>
/// </summary>
internal static class VersionedJson
{
    /// <summary>The format version of every document whose content does not need a later one.</summary>
    public const int FirstVersion = 1;

    /// <summary>Reads a document.</summary>
    /// <typeparam name="T">What the document holds.</typeparam>
    /// <param name="json">Bytes of the file.</param>
    /// <param name="path">Path of the file, for messages.</param>
    /// <param name="format">What the document is.</param>
    /// <param name="supported">The newest format version that can be read.</param>
    /// <param name="type">How to read the document. Made by the source generator it gives a property that is absent its type's default, not that of an initializer.</param>
    /// <exception cref="UnsupportedFormatVersionException">A newer version of the platform wrote the file.</exception>
    /// <exception cref="CorruptFileException">The file is not such a document, lacks something required, or has another checksum than it says.</exception>
    public static T Read<T>(ReadOnlySpan<byte> json, string path, string format, int supported, JsonTypeInfo<T> type)
    {
        Check(json, path, format, supported);
        json = DocumentSeal.Open(json, path);
        try
        {
            return JsonSerializer.Deserialize(json, type)!;
        }
        catch (JsonException e)
        {
            throw Unreadable(path, e);
        }
    }

    /// <summary>Looks at format and version only.</summary>
    /// <param name="json">Bytes of the file.</param>
    /// <param name="path">Path of the file, for messages.</param>
    /// <param name="format">What the document is.</param>
    /// <param name="supported">The newest format version that can be read.</param>
    /// <exception cref="UnsupportedFormatVersionException">A newer version of the platform wrote the file.</exception>
    /// <exception cref="CorruptFileException">The file is not such a document.</exception>
    public static void Check(ReadOnlySpan<byte> json, string path, string format, int supported)
    {
        string? found;
        int version;
        try
        {
            (found, version) = ReadHeader(json);
        }
        catch (JsonException e)
        {
            throw Unreadable(path, e);
        }

        if (found != format)
        {
            throw new CorruptFileException(path, $"Expected a JSON object with \"format\": \"{format}\" in '{path}', but found {(found is null ? "none" : $"\"{found}\"")}.");
        }

        if (version < 1)
        {
            throw new CorruptFileException(path, $"Expected a JSON object with a 'formatVersion' of at least 1 in '{path}', but found none.");
        }

        if (version > supported)
        {
            throw new UnsupportedFormatVersionException(path, version, supported);
        }
    }

    /// <summary>Reads what every document begins with, and no further.</summary>
    /// <param name="json">Bytes of the file.</param>
    /// <returns>Null and 0 for what is absent or of another type.</returns>
    /// <exception cref="JsonException">It is not JSON.</exception>
    public static (string? Format, int Version) ReadHeader(ReadOnlySpan<byte> json)
    {
        var reader = new Utf8JsonReader(json);
        (string? Format, int Version) header = default;
        if (!reader.Read() || reader.TokenType != JsonTokenType.StartObject)
        {
            return header;
        }

        while ((header.Format is null || header.Version == 0) && reader.Read() && reader.TokenType == JsonTokenType.PropertyName)
        {
            var (isFormat, isVersion) = (reader.ValueTextEquals("format"u8), reader.ValueTextEquals("formatVersion"u8));
            reader.Read();
            if (isFormat && reader.TokenType == JsonTokenType.String)
            {
                header.Format = reader.GetString();
            }
            else if (isVersion && reader.TokenType == JsonTokenType.Number && reader.TryGetInt32(out var version))
            {
                header.Version = version;
            }

            reader.Skip();
        }

        return header;
    }

    private static CorruptFileException Unreadable(string path, JsonException e)
        => new(path, $"Expected a complete JSON document in '{path}', but it cannot be read: {e.Message}", innerException: e);
}
