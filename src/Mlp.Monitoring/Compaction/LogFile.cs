using System.Globalization;
using Mlp.Monitoring.Segments;

namespace Mlp.Monitoring.Compaction;

/// <summary>One part of a model's log: a segment, or the Parquet file that took its place, or for a moment both. They are called alike but for the ending.</summary>
/// <param name="Segment">Path that the segment has or had.</param>
/// <param name="Compacted">Path that the Parquet file has or will have.</param>
/// <param name="IsCompacted">Whether there was a Parquet file when the folder was listed; then it holds all that the segment does.</param>
internal sealed record LogFile(string Segment, string Compacted, bool IsCompacted)
{
    /// <summary>The ending of a Parquet file's name.</summary>
    public const string CompactedExtension = ".parquet";

    /// <summary>Path to read from.</summary>
    public string Path => IsCompacted ? Compacted : Segment;

    /// <summary>When the segment was begun, microseconds; null where its name does not say.</summary>
    public long? Begun => PartsOf(Segment) is { Length: > 1 } parts && long.TryParse(parts[0], NumberStyles.None, CultureInfo.InvariantCulture, out var begun) ? begun : null;

    /// <summary>The model version whose predictions it holds; null where its name does not say.</summary>
    public int? Version => VersionOf(Segment);

    /// <summary>The model version that the name of a part says; null where it does not.</summary>
    /// <param name="path">Path of a segment or Parquet file.</param>
    public static int? VersionOf(string path) => PartsOf(path) is { Length: > 1 } parts && int.TryParse(parts[1], NumberStyles.None, CultureInfo.InvariantCulture, out var version) ? version : null;

    /// <summary>The parts of a log in the order in which they were begun.</summary>
    /// <param name="directory">Folder of a model's log; may not exist.</param>
    public static IReadOnlyList<LogFile> List(string directory)
    {
        // Segments first: one that has gone before they are listed has its Parquet file by then, so none is missed.
        var segments = SegmentFormat.List(directory);
        var compacted = SegmentFormat.List(directory, CompactedExtension).ToHashSet(StringComparer.Ordinal);
        return [.. segments.Concat(compacted.Select(path => System.IO.Path.ChangeExtension(path, SegmentFormat.Extension)))
            .Distinct(StringComparer.Ordinal)
            .Order(StringComparer.Ordinal)
            .Select(segment => System.IO.Path.ChangeExtension(segment, CompactedExtension) is var parquet ? new LogFile(segment, parquet, compacted.Contains(parquet)) : null!)];
    }

    private static string[] PartsOf(string path) => System.IO.Path.GetFileNameWithoutExtension(path).Split('-');
}
