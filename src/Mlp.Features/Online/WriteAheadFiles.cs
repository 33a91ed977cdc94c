using System.Globalization;
using System.Text.Json;
using Mlp.Runtime;
using Mlp.Runtime.Storage;

namespace Mlp.Features.Online;

/// <summary>The files of the write-ahead log: one framed log per segment, numbered from 1 without gaps.</summary>
/// <param name="directory">Existing directory.</param>
/// <param name="disk">Where durability comes from.</param>
internal sealed class WriteAheadFiles(string directory, IDiskSync disk)
{
    private const string Extension = ".mlplog";

    /// <summary>Path of a segment.</summary>
    /// <param name="segment">Number of the segment.</param>
    internal string PathOf(long segment) => Path.Combine(directory, segment.ToString("D10", CultureInfo.InvariantCulture) + Extension);

    /// <summary>The segments that are there, in order.</summary>
    /// <exception cref="CorruptFileException">One is missing between two others.</exception>
    internal IReadOnlyList<long> List()
    {
        var segments = new List<long>();
        foreach (var path in Directory.EnumerateFiles(directory, "*" + Extension))
        {
            if (!DurableFile.IsTemporary(path) && long.TryParse(Path.GetFileNameWithoutExtension(path.AsSpan()), NumberStyles.None, CultureInfo.InvariantCulture, out var number))
            {
                segments.Add(number);
            }
        }

        segments.Sort();
        for (var i = 1; i < segments.Count; i++)
        {
            if (segments[i] != segments[i - 1] + 1)
            {
                var missing = PathOf(segments[i - 1] + 1);
                throw new CorruptFileException(missing, $"Expected the segment '{missing}' of the online store's write-ahead log, but it is missing.");
            }
        }

        return segments;
    }

    /// <summary>Creates a segment; it is on the device when this returns.</summary>
    /// <param name="segment">Number of the segment.</param>
    /// <param name="formatVersion">The lowest format that has the frames to come.</param>
    internal WriteAheadSegment Create(long segment, int formatVersion = VersionedJson.FirstVersion)
    {
        var header = new WriteAheadHeader(WriteAheadHeader.FormatValue, formatVersion, OnlineRowLayout.FormatVersion, segment);
        var writer = FrameLogWriter.Create(disk, PathOf(segment), JsonSerializer.SerializeToUtf8Bytes(header, OnlineJson.Default.WriteAheadHeader));
        return new WriteAheadSegment(segment, writer);
    }

    /// <summary>Opens a segment for reading and checks what it is.</summary>
    /// <param name="segment">Number of the segment.</param>
    /// <exception cref="CorruptFileException">The file is damaged or something else.</exception>
    /// <exception cref="UnsupportedFormatVersionException">A newer version wrote it.</exception>
    internal FrameLogReader Open(long segment)
    {
        var path = PathOf(segment);
        var reader = FrameLogReader.Open(path);
        try
        {
            var header = VersionedJson.Read(reader.Header.Span, path, WriteAheadHeader.FormatValue, WriteAheadHeader.CurrentFormatVersion, OnlineJson.Default.WriteAheadHeader);
            if (header.RowFormatVersion > OnlineRowLayout.FormatVersion)
            {
                throw new UnsupportedFormatVersionException(path, header.RowFormatVersion, OnlineRowLayout.FormatVersion);
            }

            if (header.Segment != segment)
            {
                throw new CorruptFileException(path, $"Expected segment {segment} of the online store's write-ahead log in '{path}', but found segment {header.Segment}.");
            }

            return reader;
        }
        catch
        {
            reader.Dispose();
            throw;
        }
    }

    /// <summary>Deletes the segments below one.</summary>
    /// <param name="segment">The first to keep.</param>
    internal void DeleteBelow(long segment)
    {
        // From the oldest on, so that what a crash leaves has no gap.
        foreach (var number in List())
        {
            if (number < segment)
            {
                DurableFile.Delete(disk, PathOf(number));
            }
        }
    }
}
