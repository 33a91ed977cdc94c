using Apache.Arrow;
using Apache.Arrow.Ipc;
using Mlp.Monitoring.Compaction;
using Mlp.Runtime;
using Mlp.Runtime.Storage;

namespace Mlp.Monitoring.Segments;

/// <summary>
/// Follows the segments of a folder, of this process and of others: each call reads what was written since the last one. Not thread-safe.
/// </summary>
/// <typeparam name="THeader">What a segment's header says.</typeparam>
/// <param name="directory">The folder; may not exist yet.</param>
/// <param name="readHeader">Reads and checks the header of a segment.</param>
/// <param name="openCompacted">Opens the file that took the place of a segment, by path and number of rows to pass over; null where segments stay what they are.</param>
/// <param name="isWanted">Whether a file, by its path, is read at all; null for every one. It is asked again at each call.</param>
internal sealed class SegmentFollower<THeader>(
    string directory,
    Func<FrameLogReader, THeader> readHeader,
    Func<string, long, (THeader Header, IAsyncEnumerable<RecordBatch> Batches)>? openCompacted = null,
    Func<string, bool>? isWanted = null)
    where THeader : class
{
    private readonly Dictionary<string, Progress> _progress = new(StringComparer.Ordinal);
    private readonly List<string> _damages = [];

    /// <summary>Whether a damaged segment is read up to its damage, and at each call tried again from there, while the others are read on; otherwise damage is an error.</summary>
    public bool PassesDamage { get; init; }

    /// <summary>What the last call found damaged, a sentence each; empty where damage is an error.</summary>
    public IReadOnlyList<string> Damages => _damages;

    /// <summary>Hears of a batch.</summary>
    /// <param name="path">Path of its segment.</param>
    /// <param name="header">Header of its segment.</param>
    /// <param name="batch">The batch, in memory of the garbage collector.</param>
    public delegate void BatchHandler(string path, THeader header, RecordBatch batch);

    /// <summary>Reads what is new, segment by segment in the order of their names.</summary>
    /// <exception cref="CorruptFileException">A segment is damaged, and damage is not passed.</exception>
    /// <exception cref="UnsupportedFormatVersionException">A newer version of the platform wrote a segment.</exception>
    public void ReadNew(BatchHandler handle, CancellationToken cancellationToken)
    {
        _damages.Clear();
        var found = new HashSet<string>(StringComparer.Ordinal);
        foreach (var path in SegmentFormat.List(directory).Where(IsWanted))
        {
            cancellationToken.ThrowIfCancellationRequested();
            found.Add(path);
            var progress = ProgressOf(path);

            // A segment that its writer left unsealed, by a crash, stays as long as it is. One that has gone was compacted, or deleted with its rows.
            if (!progress.IsSealed && new FileInfo(path) is { Exists: true, Length: var length } && length != progress.Length && TryRead(path, progress, handle, cancellationToken))
            {
                progress.Length = length;
            }
        }

        if (openCompacted is not null)
        {
            ReadCompacted(openCompacted, found, handle, cancellationToken);
        }

        foreach (var gone in _progress.Keys.Where(path => !found.Contains(path)).ToArray())
        {
            _progress.Remove(gone);
        }
    }

    private Progress ProgressOf(string path)
    {
        if (!_progress.TryGetValue(path, out var progress))
        {
            progress = new Progress();
            _progress.Add(path, progress);
        }

        return progress;
    }

    /// <summary>Reads what was compacted before it was read, or before it was read to its end.</summary>
    private void ReadCompacted(Func<string, long, (THeader Header, IAsyncEnumerable<RecordBatch> Batches)> open, HashSet<string> found, BatchHandler handle, CancellationToken cancellationToken)
    {
        foreach (var compacted in SegmentFormat.List(directory, LogFile.CompactedExtension))
        {
            if (!IsWanted(compacted))
            {
                continue;
            }

            var path = Path.ChangeExtension(compacted, SegmentFormat.Extension);
            found.Add(path);
            var progress = ProgressOf(path);
            if (progress.IsSealed)
            {
                continue;
            }

            try
            {
                var (header, batches) = open(compacted, progress.RowCount);
                foreach (var batch in batches.ToBlockingEnumerable(cancellationToken))
                {
                    handle(path, header, batch);
                    progress.RowCount += batch.Length;
                }

                progress.Seal();
            }
            catch (FileNotFoundException)
            {
                // Deleted since the folder was listed.
            }
        }
    }

    private bool IsWanted(string path) => isWanted?.Invoke(path) ?? true;

    private bool TryRead(string path, Progress progress, BatchHandler handle, CancellationToken cancellationToken)
    {
        try
        {
            Read(path, progress, handle, cancellationToken);
            return true;
        }
        catch (FileNotFoundException)
        {
            return false;
        }
        catch (CorruptFileException e) when (PassesDamage)
        {
            _damages.Add(e.Message);
            return false;
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
            progress.RowCount += batch.Length;
            cancellationToken.ThrowIfCancellationRequested();
        }

        if (frames.IsClosed)
        {
            progress.Seal();
        }
    }

    private sealed class Progress
    {
        public THeader? Header { get; set; }

        public byte[]? Schema { get; set; }

        public long Position { get; set; }

        public long Length { get; set; }

        public long RowCount { get; set; }

        public bool IsSealed { get; private set; }

        /// <summary>Nothing more is read of it, so nothing is kept but that.</summary>
        public void Seal()
        {
            IsSealed = true;
            Header = null;
            Schema = null;
        }
    }
}
