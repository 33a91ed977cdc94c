using System.Collections.Frozen;
using System.Numerics;
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

    private static readonly TimeSpan RetryDelay = TimeSpan.FromSeconds(1);

    private readonly IDiskSync _disk;
    private readonly RowLogDevice _device;
    private readonly RowCheckpointFiles _files;
    private readonly FasterKVSettings<SpanByte, SpanByte> _settings;
    private readonly FasterKV<SpanByte, SpanByte> _store;
    private readonly SessionPool<FasterRowReader> _readers;
    private readonly SessionPool<FasterRowWriter> _writers;
    private readonly SemaphoreSlim _checkpoint = new(1, 1);
    private Task _unfinished = Task.CompletedTask;
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
        _device = new RowLogDevice(Path.Combine(directory, LogName), timeProvider, RetryDelay);
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
        PageSize = RoundDown(options.PageSize);
        SegmentSize = RoundDown(options.SegmentSize);
        _store = new FasterKV<SpanByte, SpanByte>(_settings);
        _readers = new SessionPool<FasterRowReader>(typeof(FasterRowStore), OpenReader, static reader => reader.Close());
        _writers = new SessionPool<FasterRowWriter>(typeof(FasterRowStore), OpenWriter, static writer => writer.Close());
    }

    /// <inheritdoc/>
    public Exception? Fault => _device.Fault;

    /// <inheritdoc/>
    public long LogLength => _store.Log.TailAddress - _store.Log.BeginAddress;

    /// <inheritdoc/>
    public int MaximumRecordLength => MaximumRecordLengthOf(PageSize);

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
            await FinishAsync(_unfinished).ConfigureAwait(false);
            ThrowIfWritesFail();
            _files.Use(directory);
            var taken = _store.TakeFullCheckpointAsync(CheckpointType.FoldOver, CancellationToken.None).AsTask();
            await FinishAsync(taken).ConfigureAwait(false);
            var (success, token) = await taken.ConfigureAwait(false);
            if (!success)
            {
                throw new InvalidOperationException("Expected no other checkpoint of the online store to be under way, but one is.");
            }

            _device.Sync(_disk);
            _files.Complete(_disk);
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
            await FinishAsync(_unfinished).ConfigureAwait(false);
            ThrowIfWritesFail();

            // FASTER's compaction blocks while it reads the old part of the log.
            var compacted = Task.Run(() =>
            {
                var writer = OpenWriter();
                writer.Compact(_store.Log.SafeReadOnlyAddress, retired);
                writer.Close();
            });
            await FinishAsync(compacted).ConfigureAwait(false);
            await compacted.ConfigureAwait(false);
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
        if (!_unfinished.IsCompleted)
        {
            // The disk holds up work of FASTER that still uses its memory, so that is left to the end of the process.
            _device.Dispose();
            _files.Dispose();
            return;
        }

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

    /// <summary>The greatest length of key and row together, in bytes, with pages of a size.</summary>
    /// <param name="pageSize">The setting.</param>
    internal static int MaximumRecordLengthOf(long pageSize) => (int)RoundDown(pageSize) - RecordOverhead;

    /// <summary>Takes a reader back.</summary>
    /// <param name="reader">The reader.</param>
    internal void Return(FasterRowReader reader) => _readers.Return(reader);

    /// <summary>Takes a writer back.</summary>
    /// <param name="writer">The writer.</param>
    internal void Return(FasterRowWriter writer) => _writers.Return(writer);

    /// <summary>
    /// Waits until a checkpoint or a compaction has come to an end, well or not. FASTER cannot break one off, so it is left alone when the disk holds it up, and the next one waits for it first.
    /// </summary>
    /// <exception cref="IOException">The disk fails.</exception>
    private async Task FinishAsync(Task work)
    {
        _unfinished = work;
        await Task.WhenAny(work, _device.WriteFailure).ConfigureAwait(false);
        if (!work.IsCompleted)
        {
            throw WritesFail();
        }
    }

    private void ThrowIfWritesFail()
    {
        if (_device.WriteFailure.IsCompleted)
        {
            throw WritesFail();
        }
    }

    private IOException WritesFail()
    {
        var fault = _device.Fault;
        return new IOException($"Expected to write rows of the online store to '{_device.FileName}', but the disk failed and is tried again: {fault?.Message ?? "it has just recovered."}", fault);
    }

    // As FASTER does it.
    private static long RoundDown(long size) => 1L << BitOperations.Log2((ulong)size);

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
