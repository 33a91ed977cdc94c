using Apache.Arrow;
using Apache.Arrow.Ipc;
using Mlp.Runtime.Storage;

namespace Mlp.Monitoring.Segments;

/// <summary>
/// Follows the segments of a folder, of this process and of others: each call reads what was written since the last one. Not thread-safe.
/// </summary>
/// <typeparam name="THeader">What a segment's header says.</typeparam>
/// <param name="directory">The folder; may not exist yet.</param>
/// <param name="readHeader">Reads and checks the header of a segment.</param>
internal sealed class SegmentFollower<THeader>(string directory, Func<FrameLogReader, THeader> readHeader)
    where THeader : class
{
    private readonly Dictionary<string, Progress> _progress = new(StringComparer.Ordinal);

    /// <summary>Hears of a batch.</summary>
    /// <param name="path">Path of its segment.</param>
    /// <param name="header">Header of its segment.</param>
    /// <param name="batch">The batch, in memory of the garbage collector.</param>
    public delegate void BatchHandler(string path, THeader header, RecordBatch batch);

    /// <summary>Reads what is new, segment by segment in the order of their names.</summary>
    /// <exception cref="Runtime.CorruptFileException">A segment is damaged.</exception>
    /// <exception cref="Runtime.UnsupportedFormatVersionException">A newer version of the platform wrote a segment.</exception>
    public void ReadNew(BatchHandler handle, CancellationToken cancellationToken)
    {
        foreach (var path in SegmentFormat.List(directory))
        {
            cancellationToken.ThrowIfCancellationRequested();
            if (!_progress.TryGetValue(path, out var progress))
            {
                progress = new Progress();
                _progress.Add(path, progress);
            }

            // A segment that its writer left unsealed, by a crash, stays as long as it is.
            var length = new FileInfo(path).Length;
            if (!progress.IsSealed && length != progress.Length)
            {
                Read(path, progress, handle, cancellationToken);
                progress.Length = length;
            }
        }
    }

    private void Read(string path, Progress progress, BatchHandler handle, CancellationToken cancellationToken)
    {
        using var frames = FrameLogReader.Open(path);
        progress.Header ??= readHeader(frames);
        frames.SkipTo(progress.Position);
        if (progress.Schema is null && frames.Read())
        {
            progress.Schema = frames.Payload.ToArray();
            progress.Position = frames.Position;
        }

        if (progress.Schema is null)
        {
            return;
        }

        using var stream = new FrameStream(frames, progress.Schema);
        using var arrow = new ArrowStreamReader(stream, ManagedAllocator.Instance, leaveOpen: true);
        while (arrow.ReadNextRecordBatch() is { } batch)
        {
            handle(path, progress.Header, batch);
            progress.Position = frames.Position;
            cancellationToken.ThrowIfCancellationRequested();
        }

        progress.IsSealed = frames.IsClosed;
    }

    private sealed class Progress
    {
        public THeader? Header { get; set; }

        public byte[]? Schema { get; set; }

        public long Position { get; set; }

        public long Length { get; set; }

        public bool IsSealed { get; set; }
    }
}
