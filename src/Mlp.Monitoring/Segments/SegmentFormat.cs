using Mlp.Runtime.Storage;

namespace Mlp.Monitoring.Segments;

/// <summary>What all our segments have in common.</summary>
internal static class SegmentFormat
{
    /// <summary>The ending of a segment's name.</summary>
    public const string Extension = ".mlplog";

    /// <summary>The segments of a folder in the order of their names, which is that in which they were begun.</summary>
    /// <param name="directory">The folder; may not exist.</param>
    /// <param name="extension">The ending of their names.</param>
    public static IReadOnlyList<string> List(string directory, string extension = Extension)
    {
        string[] segments;
        try
        {
            segments = Directory.GetFiles(directory, "*" + extension);
        }
        catch (DirectoryNotFoundException)
        {
            return [];
        }

        Array.Sort(segments, StringComparer.Ordinal);
        return [.. segments.Where(path => !DurableFile.IsTemporary(path))];
    }
}
