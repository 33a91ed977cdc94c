using System.Text.Json;
using Mlp.Runtime;
using Mlp.Runtime.Storage;

namespace Mlp.Training.Runs;

/// <summary>What stands at the start of a segment of a run's entries.</summary>
/// <param name="RunId">The run.</param>
internal sealed record RunSegmentHeader(string RunId)
{
    private const int CurrentFormatVersion = 1;
    private const string FormatName = "mlp-run-entries";

    public string Format { get; init; } = FormatName;

    public int FormatVersion { get; init; } = CurrentFormatVersion;

    /// <summary>UTF-8 JSON.</summary>
    public byte[] ToJson() => JsonSerializer.SerializeToUtf8Bytes(this, RunJson.Default.RunSegmentHeader);

    /// <summary>Checks the header of an open segment.</summary>
    /// <exception cref="CorruptFileException">It is not of that run.</exception>
    /// <exception cref="UnsupportedFormatVersionException">A newer version of the platform wrote it.</exception>
    public static void Check(FrameLogReader reader, string runId)
    {
        var found = VersionedJson.Read(reader.Header.Span, reader.Path, FormatName, CurrentFormatVersion, RunJson.Default.RunSegmentHeader).RunId;
        if (found != runId)
        {
            throw new CorruptFileException(reader.Path, $"Expected entries of run '{runId}' in '{reader.Path}', but found those of run '{found}'.");
        }
    }
}
