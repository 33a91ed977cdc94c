using System.Text.Json;
using Mlp.Runtime;
using Mlp.Runtime.Storage;

namespace Mlp.Monitoring.Segments;

/// <summary>What the headers of all our segments have in common: <c>format</c> and <c>formatVersion</c>, checked before anything else is read.</summary>
internal static class SegmentFormat
{
    /// <summary>The ending of a segment's name.</summary>
    public const string Extension = ".mlplog";

    /// <summary>The segments of a folder in the order of their names, which is that in which they were begun.</summary>
    /// <param name="directory">The folder; may not exist.</param>
    public static IReadOnlyList<string> List(string directory)
    {
        if (!Directory.Exists(directory))
        {
            return [];
        }

        var segments = Directory.GetFiles(directory, "*" + Extension);
        Array.Sort(segments, StringComparer.Ordinal);
        return [.. segments.Where(path => !DurableFile.IsTemporary(path))];
    }

    /// <summary>Refuses another format and a newer version of it.</summary>
    /// <exception cref="CorruptFileException">The header says another format, or nothing.</exception>
    /// <exception cref="UnsupportedFormatVersionException">A newer version of the platform wrote the segment.</exception>
    public static void Check(FrameLogReader reader, string format, int supported)
        => VersionedJson.Check(reader.Header.Span, reader.Path, format, supported);

    /// <summary>Reads a header that was checked.</summary>
    /// <exception cref="CorruptFileException">A part of it is missing.</exception>
    public static T Deserialize<T>(FrameLogReader reader, JsonSerializerOptions options)
    {
        try
        {
            return JsonSerializer.Deserialize<T>(reader.Header.Span, options)!;
        }
        catch (JsonException e)
        {
            throw new CorruptFileException(reader.Path, $"Expected the header of '{reader.Path}' to describe a model version, but a part of it is missing or of another type.", 0, e);
        }
    }
}
