using Microsoft.Extensions.Logging;
using Mlp.Runtime;
using Mlp.Runtime.Data;
using Mlp.Runtime.Storage;

namespace Mlp.Features.Online;

/// <summary>Brings a store back: the newest checkpoint whose files are what was written, then the write-ahead log behind it. Never quietly empty.</summary>
internal sealed class OnlineRecovery
{
    private readonly string _directory;
    private readonly OnlineStoreOptions _options;
    private readonly IDiskSync _disk;
    private readonly TimeProvider _timeProvider;
    private readonly ILogger _logger;
    private readonly string _rowFolder;
    private FasterRowStore? _rows;
    private long _lastSegment;
    private FrameLogReader? _reusable;

    /// <summary>Creates the folders and reads the registry of views.</summary>
    /// <param name="directory">Folder of the store.</param>
    /// <param name="options">Settings.</param>
    /// <param name="disk">Where durability comes from.</param>
    /// <param name="timeProvider">The clock.</param>
    /// <param name="logger">Gets what was passed over.</param>
    internal OnlineRecovery(string directory, OnlineStoreOptions options, IDiskSync disk, TimeProvider timeProvider, ILogger logger)
    {
        _directory = Path.GetFullPath(directory);
        _options = options;
        _disk = disk;
        _timeProvider = timeProvider;
        _logger = logger;
        _rowFolder = Path.Combine(_directory, "rows");
        var writeAhead = Path.Combine(_directory, "wal");
        var checkpoints = Path.Combine(_directory, "checkpoints");
        foreach (var folder in new[] { _rowFolder, writeAhead, checkpoints })
        {
            DurableFile.CreateDirectories(disk, folder);
        }

        WriteAheadFiles = new WriteAheadFiles(writeAhead, disk);
        Checkpoints = new OnlineCheckpoints(checkpoints, disk);
        Registry = new OnlineViewRegistry(Path.Combine(_directory, "views.json"), disk);
    }

    /// <summary>The numbers of views.</summary>
    internal OnlineViewRegistry Registry { get; }

    /// <summary>The files of the write-ahead log.</summary>
    internal WriteAheadFiles WriteAheadFiles { get; }

    /// <summary>The checkpoints.</summary>
    internal OnlineCheckpoints Checkpoints { get; }

    /// <summary>The rows.</summary>
    internal IOnlineRowStore Rows => _rows ?? throw new InvalidOperationException("Expected the online store to have been recovered, but it has not.");

    /// <summary>Rows that may not be seen yet.</summary>
    internal DueRows Due { get; } = new();

    /// <summary>Pushed rows that the offline store does not have yet.</summary>
    internal PushedRows Pushed { get; } = new();

    /// <summary>How far the views have been materialised.</summary>
    internal Dictionary<uint, MaterializationMark> Marks { get; } = [];

    /// <summary>The highest sequence numbers given out.</summary>
    internal Dictionary<uint, long> LastSequences { get; } = [];

    /// <summary>The checkpoint that was recovered; null if none.</summary>
    internal OnlineCheckpointManifest? Latest { get; private set; }

    /// <summary>The one before it, if it is good; null if none.</summary>
    internal OnlineCheckpointManifest? Previous { get; private set; }

    /// <summary>Whether rows came from the write-ahead log.</summary>
    internal bool Replayed { get; private set; }

    /// <summary>Recovers.</summary>
    /// <param name="target">Says which pushed rows the offline store has.</param>
    /// <param name="cancellationToken">Gives up.</param>
    internal async Task RunAsync(IOfflinePushTarget target, CancellationToken cancellationToken)
    {
        Checkpoints.RemoveUnfinished();
        var segments = WriteAheadFiles.List();
        foreach (var segment in segments)
        {
            // A segment of a newer version is refused before anything is changed.
            WriteAheadFiles.Open(segment).Dispose();
        }

        RecoverCheckpoint(segments);
        foreach (var segment in segments)
        {
            cancellationToken.ThrowIfCancellationRequested();
            await ReplayAsync(segment, segment == segments[^1], target, cancellationToken).ConfigureAwait(false);
        }
    }

    /// <summary>The segment that takes new frames: the last one if it has none yet, else a new one.</summary>
    internal WriteAheadSegment OpenSegment()
    {
        if (_reusable is null)
        {
            return WriteAheadFiles.Create(_lastSegment + 1);
        }

        using (_reusable)
        {
            return new WriteAheadSegment(_lastSegment, FrameLogWriter.Continue(_disk, _reusable));
        }
    }

    /// <summary>Closes what was opened.</summary>
    internal void Abandon()
    {
        _reusable?.Dispose();
        _rows?.Dispose();
    }

    private void RecoverCheckpoint(IReadOnlyList<long> segments)
    {
        var failures = new List<CorruptFileException>();
        var numbers = Checkpoints.List();
        foreach (var number in numbers)
        {
            try
            {
                var manifest = Checkpoints.Load(number);
                CheckOrigin(manifest);
                Recover(manifest, segments);
                Latest = manifest;
                break;
            }
            catch (CorruptFileException error) when (Checkpoints.IsPartOf(number, error.Path) || Path.GetDirectoryName(error.Path) == _rowFolder)
            {
                // Nothing else is mended by an older checkpoint: not a segment that is gone, nor a registry of views that is another one.
                _logger.LogWarning(error, "Checkpoint {Number} of the online store is damaged; the one before it is tried.", number);
                failures.Add(error);
            }
        }

        if (Latest is null)
        {
            StartFromWriteAheadLog(segments, failures);
        }

        // A checkpoint that was passed over must go before anything is written, since the rows it names will be overwritten.
        foreach (var number in numbers.Where(number => number > (Latest?.Number ?? 0)))
        {
            Checkpoints.Remove(number);
        }

        Previous = numbers.Where(number => number < Latest?.Number).Select(FindGood).FirstOrDefault();
        foreach (var view in Latest?.Views ?? [])
        {
            var id = Registry.CurrentOf(view.Id);
            LastSequences[id] = Math.Max(LastSequences.GetValueOrDefault(id), view.LastSequence);
            if (view.Materialized is { } mark && id == view.Id)
            {
                Marks[id] = mark;
            }
        }
    }

    /// <summary>Refuses a whole checkpoint that this store cannot go on from.</summary>
    private void CheckOrigin(OnlineCheckpointManifest manifest)
    {
        var store = manifest.Store;
        var path = Checkpoints.ManifestOf(manifest.Number);
        if ((store.Engine, store.KeyHash, store.KeyFormat) != (FasterRowStore.Engine, FasterRowStore.KeyHash, OnlineView.KeyFormatVersion))
        {
            throw new CorruptFileException(
                _directory,
                $"Expected rows of {FasterRowStore.Engine} with keys of format {OnlineView.KeyFormatVersion} hashed by {FasterRowStore.KeyHash} in '{path}', but found {store.Engine}, format {store.KeyFormat} and {store.KeyHash}: another version of the platform wrote it. Delete the folder '{_directory}' and materialize again.");
        }

        foreach (var view in manifest.Views)
        {
            Registry.Check(new OnlineViewEntry(view.Id, view.Name, view.Version, view.Fingerprint), path);
        }
    }

    private void Recover(OnlineCheckpointManifest manifest, IReadOnlyList<long> segments)
    {
        if (segments.Count == 0 || segments[0] > manifest.ReplayFrom || segments[^1] < manifest.ReplayFrom)
        {
            var missing = WriteAheadFiles.PathOf(manifest.ReplayFrom);
            throw new CorruptFileException(missing, $"Expected the segment '{missing}' of the online store's write-ahead log, which checkpoint {manifest.Number} needs, but it is missing.");
        }

        // Page and segment size are part of the log's addresses; what the options say now counts for a new log only.
        var rows = OpenRows(manifest.Store.PageSize, manifest.Store.SegmentSize);
        try
        {
            rows.Recover(Checkpoints.PathOf(manifest.Number), manifest.Store);
            _rows = rows;
        }
        catch
        {
            rows.Dispose();
            throw;
        }
    }

    private void StartFromWriteAheadLog(IReadOnlyList<long> segments, List<CorruptFileException> failures)
    {
        var isComplete = segments.Count > 0 ? segments[0] == 1 : failures.Count == 0 && !Directory.EnumerateFiles(_rowFolder).Any();
        if (!isComplete)
        {
            var what = failures.Count == 0 ? "it has no checkpoint" : failures[0].Message;
            throw new CorruptFileException(
                _directory,
                $"Expected the online store in '{_directory}' to have a good checkpoint or its whole write-ahead log, but it has neither: {what} Restore the folder, or delete it and materialize again.",
                innerException: failures.Count == 0 ? null : failures[0]);
        }

        _rows = OpenRows(_options.PageSize, _options.SegmentSize);
        _rows.DeleteLogBelow(long.MaxValue);
    }

    private OnlineCheckpointManifest? FindGood(long number)
    {
        try
        {
            return Checkpoints.Load(number);
        }
        catch (CorruptFileException error)
        {
            _logger.LogWarning(error, "Checkpoint {Number} of the online store is damaged; it is not needed now.", number);
            return null;
        }
    }

    private FasterRowStore OpenRows(long pageSize, long segmentSize)
    {
        var options = new OnlineStoreOptions
        {
            IndexSize = _options.IndexSize,
            MemorySize = Math.Max(_options.MemorySize, pageSize * 8),
            PageSize = pageSize,
            SegmentSize = segmentSize,
        };
        return new FasterRowStore(_rowFolder, options, _disk, _timeProvider);
    }

    private async Task ReplayAsync(long segment, bool isLast, IOfflinePushTarget target, CancellationToken cancellationToken)
    {
        var reader = WriteAheadFiles.Open(segment);
        var keep = false;
        try
        {
            var frames = 0;
            var isOnline = segment >= (Latest?.ReplayFrom ?? 0);
            while (reader.Read())
            {
                frames++;
                await ReplayAsync(segment, reader, isOnline, target).ConfigureAwait(false);
                cancellationToken.ThrowIfCancellationRequested();
            }

            // What was read is acted on, so it must be on the device even if the process that wrote it was killed before.
            _disk.SyncFile(reader.Path);
            _lastSegment = segment;
            keep = isLast && frames == 0;
            if (keep)
            {
                _reusable = reader;
            }
        }
        finally
        {
            if (!keep)
            {
                reader.Dispose();
            }
        }
    }

    private async Task ReplayAsync(long segment, FrameLogReader reader, bool isOnline, IOfflinePushTarget target)
    {
        var frame = reader.Payload;
        if (isOnline && WriteAheadFrame.KindOf(frame.Span) != 0)
        {
            // Rows and marks from before a view was cleared count no more. Rows that were pushed still go to the offline store.
            var viewId = WriteAheadFrame.ViewIdOf(frame.Span);
            isOnline = Registry.CurrentOf(viewId) == viewId;
        }

        switch (WriteAheadFrame.KindOf(frame.Span))
        {
            case WriteAheadFrame.Rows:
                ReplaySequences(segment, reader.Path, frame.Span, target);
                if (isOnline && WriteAheadFrame.TargetsOf(frame.Span).HasFlag(PushTargets.Online))
                {
                    Replayed = true;
                    await OnlineStore.ApplyAsync(Rows, Due, frame, Microseconds.FromRequestTime(_timeProvider.GetUtcNow())).ConfigureAwait(false);
                }

                break;
            case WriteAheadFrame.Materialized when isOnline:
                Replayed = true;
                Registry.Check(WriteAheadFrame.ViewIdOf(frame.Span), null, reader.Path);
                Marks[WriteAheadFrame.ViewIdOf(frame.Span)] = WriteAheadFrame.ReadMark(frame.Span);
                break;
            case WriteAheadFrame.Materialized:
                break;
            case WriteAheadFrame.Deletion:
                var deletedView = Registry.CurrentOf(WriteAheadFrame.ViewIdOf(frame.Span));
                LastSequences[deletedView] = Math.Max(LastSequences.GetValueOrDefault(deletedView), WriteAheadFrame.ReadDeletion(frame.Span).ThroughSequence);
                if (isOnline)
                {
                    Replayed = true;
                    Registry.Check(WriteAheadFrame.ViewIdOf(frame.Span), null, reader.Path);
                    await OnlineStore.ApplyDeletionAsync(Rows, Due, frame).ConfigureAwait(false);
                }

                break;
            default:
                throw new CorruptFileException(reader.Path, $"Expected a frame of rows, a mark or a deletion in '{reader.Path}', but found another kind, or one with a flag that is not known.", reader.FrameOffset);
        }
    }

    private void ReplaySequences(long segment, string path, ReadOnlySpan<byte> frame, IOfflinePushTarget target)
    {
        Registry.Check(WriteAheadFrame.ViewIdOf(frame), null, path);
        var viewId = Registry.CurrentOf(WriteAheadFrame.ViewIdOf(frame));
        var (first, last) = (long.MinValue, LastSequences.GetValueOrDefault(viewId));
        var position = WriteAheadFrame.HeaderLength;
        while (WriteAheadFrame.TryRead(frame, ref position, out _, out _, out var row))
        {
            var sequence = OnlineRowCodec.ReadVersion(frame[row]).Sequence;
            if (first == long.MinValue)
            {
                Registry.Check(viewId, OnlineRowCodec.ReadDefinitionId(frame[row]), path);
            }

            first = first == long.MinValue ? sequence : first;
            last = Math.Max(last, sequence);
        }

        LastSequences[viewId] = last;
        if (WriteAheadFrame.TargetsOf(frame).HasFlag(PushTargets.Offline) && first > target.FindCommittedSequence(viewId))
        {
            Pushed.Add(viewId, new PushedFrame(segment, Task.CompletedTask, frame.ToArray(), first, WriteAheadFrame.CountOf(frame)));
        }
    }
}
