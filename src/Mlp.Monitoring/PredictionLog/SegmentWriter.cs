using System.Globalization;
using Mlp.Monitoring.Redaction;
using Mlp.Monitoring.Segments;
using Mlp.Runtime.Data;
using Mlp.Runtime.Predictions;
using Mlp.Runtime.Storage;

namespace Mlp.Monitoring.PredictionLog;

/// <summary>
/// Writes the segments of one model version, one after the other. After a failure the segment is given up and the next append begins another one. Not thread-safe.
/// </summary>
/// <param name="model">The version.</param>
/// <param name="directory">Folder of the model's log; created when needed.</param>
/// <param name="schemaMessage">The first frame of each segment.</param>
/// <param name="configuration">When a segment ends.</param>
/// <param name="disk">Where durability comes from.</param>
/// <param name="timeProvider">The clock.</param>
/// <param name="redaction">What the header says of redacted columns.</param>
internal sealed class SegmentWriter(
    ServedModel model, string directory, byte[] schemaMessage, PredictionLogConfiguration configuration, IDiskSync disk, TimeProvider timeProvider, RedactionConfiguration? redaction = null)
    : IDisposable
{
    private FrameLogWriter? _segment;
    private long _firstFrame;
    private long _begun;

    /// <summary>Path of the open segment, or null.</summary>
    public string? Path => _segment?.Path;

    /// <summary>Appends a frame; it is on the device after <see cref="CommitAsync"/>.</summary>
    public void Append(ReadOnlySpan<byte> message)
    {
        _segment ??= Create();
        _segment.Append(message);
    }

    /// <summary>Completes when everything appended by now is on the device. More may be appended meanwhile.</summary>
    public ValueTask CommitAsync() => _segment?.FlushAsync() ?? ValueTask.CompletedTask;

    /// <summary>Ends the segment if it is large or old enough. Everything appended is on the device.</summary>
    public void RollIfDue()
    {
        if (_segment is not null
            && (_segment.Position >= configuration.MaximumSegmentByteCount || timeProvider.GetElapsedTime(_begun) >= configuration.MaximumSegmentAge))
        {
            Dispose();
        }
    }

    /// <summary>Gives the segment up after a failure. One that holds nothing is removed.</summary>
    public void Abandon()
    {
        if (_segment is null)
        {
            return;
        }

        var isEmpty = _segment.DurablePosition <= _firstFrame;
        var path = _segment.Path;
        Dispose();
        if (isEmpty)
        {
            try
            {
                File.Delete(path);
            }
            catch (Exception e) when (e is IOException or UnauthorizedAccessException)
            {
                // An empty segment harms nobody.
            }
        }
    }

    /// <summary>Flushes, seals and closes the open segment.</summary>
    public void Dispose()
    {
        _segment?.Dispose();
        _segment = null;
    }

    private FrameLogWriter Create()
    {
        DurableFile.CreateDirectories(disk, directory);
        _begun = timeProvider.GetTimestamp();
        var createdAt = timeProvider.GetUtcNow();
        var name = string.Create(
            CultureInfo.InvariantCulture, $"{Microseconds.FromRequestTime(createdAt):D16}-{model.Manifest.Version}-{Guid.NewGuid():N}{SegmentFormat.Extension}");
        var segment = FrameLogWriter.Create(disk, System.IO.Path.Combine(directory, name), SegmentHeader.For(model, createdAt, redaction).ToJson());
        _firstFrame = segment.Append(schemaMessage);
        return segment;
    }
}
