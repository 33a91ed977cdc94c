using System.Collections.Immutable;
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
    private OpenSegment? _segment;
    private OpenSegment? _leaving;
    private ImmutableList<string> _paths = [];

    /// <summary>Paths of the segments that are open or about to be. Safe to read from other threads.</summary>
    public IReadOnlyList<string> Paths => Volatile.Read(ref _paths);

    /// <summary>Whether the open segment is large or old enough to end with the next commit.</summary>
    public bool IsDue => _segment is { } segment
        && (segment.Writer.Position >= configuration.MaximumSegmentByteCount || timeProvider.GetElapsedTime(segment.Begun) >= configuration.MaximumSegmentAge);

    /// <summary>Bytes of the open segment that are not on the device.</summary>
    public long PendingByteCount => _segment is { } segment ? segment.Writer.Position - segment.Writer.DurablePosition : 0;

    /// <summary>Appends a frame; it is on the device after <see cref="CommitAsync"/>.</summary>
    public AppendedFrame Append(ReadOnlySpan<byte> message)
    {
        _segment ??= Create();
        return new AppendedFrame(_segment.Writer, _segment.Writer.Append(message));
    }

    /// <summary>Completes when everything appended by now is on the device. More may be appended meanwhile: where the segment is due, to another one. One commit at a time.</summary>
    public Task CommitAsync()
        => _segment is not { } segment ? Task.CompletedTask
            : IsDue ? SealAsync(segment)
            : segment.Writer.FlushAsync().AsTask();

    /// <summary>Gives up what is open after a failure, with no commit under way. A segment that holds nothing is removed.</summary>
    public void Abandon()
    {
        foreach (var segment in Close())
        {
            if (segment.Writer.DurablePosition > segment.FirstFrame)
            {
                continue;
            }

            try
            {
                File.Delete(segment.Path);
            }
            catch (Exception e) when (e is IOException or UnauthorizedAccessException)
            {
                // An empty segment harms nobody.
            }
        }
    }

    /// <summary>Flushes, seals and closes what is open, with no commit under way.</summary>
    public void Dispose() => Close();

    private async Task SealAsync(OpenSegment segment)
    {
        (_leaving, _segment) = (segment, null);
        await segment.Writer.FlushAsync().ConfigureAwait(false);
        segment.Writer.Dispose();
        _leaving = null;
        Forget(segment.Path);
    }

    private List<OpenSegment> Close()
    {
        List<OpenSegment> open = [.. new[] { _leaving, _segment }.OfType<OpenSegment>()];
        open.ForEach(segment => segment.Writer.Dispose());
        (_leaving, _segment) = (null, null);
        Volatile.Write(ref _paths, []);
        return open;
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

    private OpenSegment Create()
    {
        DurableFile.CreateDirectories(disk, directory);
        var begun = timeProvider.GetTimestamp();
        var createdAt = timeProvider.GetUtcNow();
        NoticeSetBack(Microseconds.FromRequestTime(createdAt));
        var name = string.Create(
            CultureInfo.InvariantCulture, $"{Microseconds.FromRequestTime(createdAt):D16}-{model.Manifest.Version}-{Guid.NewGuid():N}{SegmentFormat.Extension}");
        var path = System.IO.Path.Combine(directory, name);

        // Said before there is a file, so that nobody takes a file that he sees for one without a writer.
        ImmutableInterlocked.Update(ref _paths, static (paths, added) => paths.Add(added), path);
        try
        {
            var segment = FrameLogWriter.Create(disk, path, SegmentHeader.For(model, createdAt, redaction).ToJson());
            return new OpenSegment(path, segment, segment.Append(schemaMessage), begun);
        }
        catch
        {
            Forget(path);
            throw;
        }
    }

    private void Forget(string path) => ImmutableInterlocked.Update(ref _paths, static (paths, removed) => paths.Remove(removed), path);

    private sealed record OpenSegment(string Path, FrameLogWriter Writer, long FirstFrame, long Begun);
}
