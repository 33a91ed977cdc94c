using System.Globalization;
using Mlp.Monitoring.Compaction;
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
/// <param name="onClockSetBack">Told when the clock says less than at the beginning of an earlier segment, and by how much.</param>
internal sealed class SegmentWriter(
    ServedModel model,
    string directory,
    byte[] schemaMessage,
    PredictionLogConfiguration configuration,
    IDiskSync disk,
    TimeProvider timeProvider,
    RedactionConfiguration? redaction = null,
    Action<TimeSpan>? onClockSetBack = null) : IDisposable
{
    private FrameLogWriter? _segment;
    private string? _path;
    private long _firstFrame;
    private long _begun;

    /// <summary>Path of the segment that is open or about to be, or null. Safe to read from other threads.</summary>
    public string? Path => Volatile.Read(ref _path);

    /// <summary>Where the last frame of the open segment that is on the device ends; 0 without one.</summary>
    public long DurablePosition => _segment?.DurablePosition ?? 0;

    /// <summary>Appends a frame; it is on the device after <see cref="CommitAsync"/>.</summary>
    /// <returns>Where it ends in the segment.</returns>
    public long Append(ReadOnlySpan<byte> message)
    {
        _segment ??= Create();
        return _segment.Append(message);
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
    /// <returns>Where the last frame of it ends that is on the device; 0 where there is no segment.</returns>
    public long Abandon()
    {
        if (_segment is not { } segment)
        {
            return 0;
        }

        Dispose();
        if (segment.DurablePosition <= _firstFrame)
        {
            try
            {
                File.Delete(segment.Path);
            }
            catch (Exception e) when (e is IOException or UnauthorizedAccessException)
            {
                // An empty segment harms nobody.
            }
        }

        return segment.DurablePosition;
    }

    /// <summary>Flushes, seals and closes the open segment.</summary>
    public void Dispose()
    {
        _segment?.Dispose();
        _segment = null;
        Volatile.Write(ref _path, null);
    }

    /// <summary>Segments are read in the order of their names, which are times; nothing but that order is lost when the clock goes back.</summary>
    private void NoticeSetBack(long begun)
    {
        var latest = LogFile.List(directory).Max(file => file.Begun);
        if (latest > begun)
        {
            onClockSetBack?.Invoke(TimeSpan.FromMicroseconds(latest.Value - begun));
        }
    }

    private FrameLogWriter Create()
    {
        DurableFile.CreateDirectories(disk, directory);
        _begun = timeProvider.GetTimestamp();
        var createdAt = timeProvider.GetUtcNow();
        NoticeSetBack(Microseconds.FromRequestTime(createdAt));
        var name = string.Create(
            CultureInfo.InvariantCulture, $"{Microseconds.FromRequestTime(createdAt):D16}-{model.Manifest.Version}-{Guid.NewGuid():N}{SegmentFormat.Extension}");
        var path = System.IO.Path.Combine(directory, name);

        // Said before there is a file, so that nobody takes a file that he sees for one without a writer.
        Volatile.Write(ref _path, path);
        var segment = FrameLogWriter.Create(disk, path, SegmentHeader.For(model, createdAt, redaction).ToJson());
        _firstFrame = segment.Append(schemaMessage);
        return segment;
    }
}
