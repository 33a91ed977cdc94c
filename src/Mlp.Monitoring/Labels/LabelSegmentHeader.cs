using System.Text.Json;
using Mlp.Monitoring.Segments;
using Mlp.Runtime;
using Mlp.Runtime.Storage;

namespace Mlp.Monitoring.Labels;

/// <summary>What stands at the start of a segment of labels. The first frame behind it is the Arrow schema message, each further one a record batch message.</summary>
internal sealed record LabelSegmentHeader
{
    /// <summary>The newest format that is written and read.</summary>
    public const int CurrentFormatVersion = 1;

    /// <summary>What the log holds.</summary>
    public const string FormatName = "mlp-labels";

    /// <summary>What the log holds.</summary>
    public string Format { get; } = FormatName;

    /// <summary>Version of the format.</summary>
    public int FormatVersion { get; init; } = CurrentFormatVersion;

    /// <summary>When the segment was begun, UTC.</summary>
    public required DateTimeOffset CreatedAt { get; init; }

    /// <summary>UTF-8 JSON.</summary>
    public byte[] ToJson() => JsonSerializer.SerializeToUtf8Bytes(this, SegmentHeaderJson.Default.LabelSegmentHeader);

    /// <summary>Reads and checks the header of an open segment.</summary>
    /// <exception cref="CorruptFileException">The header is not that of labels.</exception>
    /// <exception cref="UnsupportedFormatVersionException">A newer version of the platform wrote it.</exception>
    public static LabelSegmentHeader Read(FrameLogReader reader)
        => VersionedJson.Read(reader.Header.Span, reader.Path, FormatName, CurrentFormatVersion, SegmentHeaderJson.Default.LabelSegmentHeader);
}
