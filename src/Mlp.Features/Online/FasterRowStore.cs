using System.Collections.Frozen;
using FASTER.core;
using Mlp.Features.Interop;
using Mlp.Runtime;
using Mlp.Runtime.Storage;

namespace Mlp.Features.Online;

/// <summary>The online rows in FASTER: a hash index over a log whose newest part is in memory. One store for all views.</summary>
internal sealed class FasterRowStore : IOnlineRowStore
{
    /// <summary>The engine and the version of its files.</summary>
    internal const string Engine = "faster-2.6.5";

    /// <summary>How keys are hashed (<see cref="RowKeyComparer"/>).</summary>
    internal const string KeyHash = "xxh3-64";

    private const string LogName = "rows";

    // A record lies on one page: its header, two lengths, padding, and what the first page begins with.
    private const int RecordOverhead = 128;

    private readonly IDiskSync _disk;
    private readonly RowLogDevice _device;
    private readonly RowCheckpointFiles _files;
    private readonly FasterKVSettings<SpanByte, SpanByte> _settings;
    private readonly FasterKV<SpanByte, SpanByte> _store;
    private readonly SessionPool<FasterRowReader> _readers;
    private readonly SessionPool<FasterRowWriter> _writers;
    private readonly SemaphoreSlim _checkpoint = new(1, 1);
    private bool _disposed;

    /// <summary>Opens an empty store over a directory; files that are there are used only by <see cref="Recover"/>.</summary>
    /// <param name="directory">Directory of the log files.</param>
    /// <param name="options">Sizes; page and segment size are those of the checkpoint that will be recovered.</param>
    /// <param name="disk">Where durability comes from.</param>
    /// <param name="timeProvider">Measures the pause before a failed write is tried again.</param>
    /// <exception cref="DirectoryNotFoundException">There is no such directory: every write to it would be tried again for ever.</exception>
    internal FasterRowStore(string directory, OnlineStoreOptions options, IDiskSync disk, TimeProvider timeProvider)
    {
        if (!Directory.Exists(directory))
        {
            throw new DirectoryNotFoundException($"Expected the directory '{directory}' for the log of the online store, but it does not exist.");
        }

        _disk = disk;
        _device = new RowLogDevice(Path.Combine(directory, LogName), timeProvider);
        _files = new RowCheckpointFiles(timeProvider);
        _settings = new FasterKVSettings<SpanByte, SpanByte>
        {
            LogDevice = _device,
            CheckpointManager = _files,
            ConcurrencyControlMode = ConcurrencyControlMode.RecordIsolation,
            EqualityComparer = new RowKeyComparer(),
            IndexSize = options.IndexSize,
            KeyLength = new RowKeyLength(),
            MemorySize = options.MemorySize,
            PageSize = options.PageSize,
            SegmentSize = options.SegmentSize,
            RemoveOutdatedCheckpoints = false,
            TryRecoverLatest = false,
        };
        PageSize = options.PageSize;
        SegmentSize = options.SegmentSize;
        _store = new FasterKV<SpanByte, SpanByte>(_settings);
        _readers = new SessionPool<FasterRowReader>(typeof(FasterRowStore), OpenReader, static reader => reader.Close());
        _writers = new SessionPool<FasterRowWriter>(typeof(FasterRowStore), OpenWriter, static writer => writer.Close());
    }

    /// <inheritdoc/>
    public Exception? Fault => _device.Fault;

    /// <inheritdoc/>
    public long LogLength => _store.Log.TailAddress - _store.Log.BeginAddress;

    /// <inheritdoc/>
    public int MaximumRecordLength => (int)PageSize - RecordOverhead;

    /// <summary>How many reads of the disk have failed.</summary>
    internal long ReadFailures => _device.ReadFailures;

    private long PageSize { get; }

    private long SegmentSize { get; }

    /// <inheritdoc/>
    public IOnlineRowReader RentReader() => _readers.Rent();

    /// <inheritdoc/>
    public IOnlineRowWriter RentWriter() => _writers.Rent();

    /// <inheritdoc/>
    public void Scan(OnlineRowVisitor visitor)
    {
        using var scan = _store.Log.Scan(_store.Log.BeginAddress, _store.Log.TailAddress);
        while (scan.GetNext(out var record))
        {
            if (!record.Tombstone)
            {
                visitor(scan.GetKey().AsReadOnlySpan(), scan.GetValue().AsReadOnlySpan());
            }
        }
    }

    /// <inheritdoc/>
    public async Task<RowStoreCheckpoint> CheckpointAsync(string directory, CancellationToken cancellationToken)
    {
        await _checkpoint.WaitAsync(cancellationToken).ConfigureAwait(false);
        try
        {
            _files.Use(directory);
            var (success, token) = await CompleteAsync(_store.TakeFullCheckpointAsync(CheckpointType.FoldOver, CancellationToken.None).AsTask(), cancellationToken).ConfigureAwait(false);
            if (!success)
            {
                throw new InvalidOperationException("Expected no other checkpoint of the online store to be under way, but one is.");
            }

            _device.Sync(_disk);
            _files.Sync(_disk);
            return new RowStoreCheckpoint(Engine, KeyHash, OnlineView.KeyFormatVersion, token, _files.LogRange.Begin, _files.LogRange.End, PageSize, SegmentSize);
        }
        finally
        {
            _checkpoint.Release();
        }
    }

    /// <inheritdoc/>
    public void Recover(string directory, RowStoreCheckpoint checkpoint)
    {
        _files.Use(directory);
        _device.BeginAt(checkpoint.BeginAddress, SegmentSize);
        _device.CheckSegments(checkpoint.BeginAddress, checkpoint.TailAddress, SegmentSize);
        _device.CheckPages(checkpoint.BeginAddress, checkpoint.TailAddress, SegmentSize, PageSize);
        try
        {
            _store.Recover(checkpoint.Token);

            // Nobody resumes them, and every checkpoint would carry them on.
            _store.DisposeRecoverableSessions();
        }
        catch (Exception error) when (error is not OutOfMemoryException)
        {
            throw new CorruptFileException(directory, $"Expected a checkpoint of the online store in '{directory}', but it could not be read: {error.Message}", innerException: error);
        }

        if (ReadFailures > 0)
        {
            throw new CorruptFileException(directory, $"Expected the log of the online store to be readable, but it is not: {_device.Fault?.Message}", innerException: _device.Fault);
        }
    }

    /// <inheritdoc/>
    public async Task CompactAsync(FrozenSet<uint> retired)
    {
        await _checkpoint.WaitAsync().ConfigureAwait(false);
        try
        {
            // FASTER's compaction blocks while it reads the old part of the log.
            await Task.Run(() =>
            {
                var writer = OpenWriter();
                writer.Compact(_store.Log.SafeReadOnlyAddress, retired);
                writer.Close();
            }).ConfigureAwait(false);
        }
        finally
        {
            _checkpoint.Release();
        }
    }

    /// <inheritdoc/>
    public void ForgetView(uint viewId)
    {
        // Its rows lie in the log alone, and a compaction leaves them there.
    }

    /// <inheritdoc/>
    public void DeleteLogBelow(long address) => _device.DeleteBelow((int)Math.Min(address / SegmentSize, int.MaxValue));

    /// <inheritdoc/>
    public void EraseLogBelow(long address)
    {
        DeleteLogBelow(address);
        _device.EraseBelow(address, SegmentSize, _disk);
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        if (_disposed)
        {
            return;
        }

        // FASTER's memory goes with it, so whoever is still reading comes to an end first.
        _disposed = true;
        _readers.Close();
        _writers.Close();
        _store.Dispose();
        _device.Dispose();
        _files.Dispose();
        _settings.Dispose();
        _checkpoint.Dispose();
    }

    /// <summary>Throws when a read of the disk has failed since a count was taken.</summary>
    /// <param name="seen">The count.</param>
    internal void ThrowIfReadFailed(long seen)
    {
        if (ReadFailures != seen)
        {
            throw new IOException($"Expected to read rows of the online store from '{_device.FileName}', but the disk failed.", _device.Fault);
        }
    }

    /// <summary>Takes a reader back.</summary>
    /// <param name="reader">The reader.</param>
    internal void Return(FasterRowReader reader) => _readers.Return(reader);

    /// <summary>Takes a writer back.</summary>
    /// <param name="writer">The writer.</param>
    internal void Return(FasterRowWriter writer) => _writers.Return(writer);

    /// <summary>Waits for a checkpoint. One that is broken off blocks all later ones, so it is left alone only when the disk is what holds it up.</summary>
    private async Task<T> CompleteAsync<T>(Task<T> checkpoint, CancellationToken cancellationToken)
    {
        try
        {
            return await checkpoint.WaitAsync(cancellationToken).ConfigureAwait(false);
        }
        catch (OperationCanceledException) when (!checkpoint.IsCompleted)
        {
            return _device.Fault is { } fault
                ? throw new IOException($"Expected to write a checkpoint of the online store to '{_device.FileName}', but the disk failed.", fault)
                : await checkpoint.ConfigureAwait(false);
        }
    }

    private FasterRowReader OpenReader()
    {
        var session = _store.For(default(RowReadFunctions)).NewSession<RowReadFunctions>();
        return new FasterRowReader(this, session);
    }

    private FasterRowWriter OpenWriter()
    {
        var session = _store.For(new RowWriteFunctions()).NewSession<RowWriteFunctions>(
            sessionVariableLengthStructSettings: new SessionVariableLengthStructSettings<SpanByte, SpanByte> { valueLength = new RowLengths() });
        return new FasterRowWriter(this, session);
    }
}
