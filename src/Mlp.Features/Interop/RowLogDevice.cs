using System.Collections.Concurrent;
using FASTER.core;
using Microsoft.Win32.SafeHandles;
using Mlp.Runtime;
using Mlp.Runtime.Storage;

namespace Mlp.Features.Interop;

/// <summary>
/// Files of a FASTER log (or one file without segments) such that durability goes through <see cref="IDiskSync"/>, a failed write of the log is tried again until it succeeds
/// (FASTER would wait for ever on a failed one) and can be heard of meanwhile, and files are deleted by us and not by FASTER, because an older checkpoint may need them.
/// </summary>
internal sealed class RowLogDevice : StorageDeviceBase
{
    private const uint Sector = 512;
    private const uint Failed = uint.MaxValue;

    // Where the first record of a log is.
    private const long FirstAddress = 64;

    private readonly ConcurrentDictionary<int, SafeFileHandle> _handles = new();
    private readonly ConcurrentDictionary<int, bool> _dirty = new();
    private readonly TimeSpan? _retryDelay;
    private readonly TimeProvider _timeProvider;
    private readonly CancellationTokenSource _disposal = new();
    private long _readFailures;
    private long _begin;
    private long _segmentSize = long.MaxValue;
    private volatile Exception? _fault;
    private TaskCompletionSource _writeFailure = NewSignal();
    private volatile bool _disposed;

    /// <summary>Names the files; none is opened.</summary>
    /// <param name="path">Path of the file, or of the segments without their number. The directory exists.</param>
    /// <param name="timeProvider">Measures the pause before a failed write is tried again.</param>
    /// <param name="retryDelay">The pause; null to leave it at the first failure, which is for files that are begun anew: FASTER goes on as if they were written, and <see cref="Fault"/> tells.</param>
    internal RowLogDevice(string path, TimeProvider timeProvider, TimeSpan? retryDelay)
        : base(path, Sector, Devices.CAPACITY_UNSPECIFIED)
    {
        _timeProvider = timeProvider;
        _retryDelay = retryDelay;
    }

    /// <summary>The last failed write or read; null again once a write that is tried again has succeeded.</summary>
    internal Exception? Fault => _fault;

    /// <summary>Completes when a write has failed, at once where the last one has.</summary>
    internal Task WriteFailure => Volatile.Read(ref _writeFailure).Task;

    /// <summary>How many reads have failed; their destination reads as zeros.</summary>
    internal long ReadFailures => Volatile.Read(ref _readFailures);

    /// <summary>
    /// Says where the log begins. What lies in front of that reads as zeros and is not written any more: FASTER reads and writes whole sectors, and recovery goes through the first page from its start, where the rest of a record
    /// would be taken for one.
    /// </summary>
    /// <param name="address">The first address.</param>
    /// <param name="segment">Size of a segment.</param>
    internal void BeginAt(long address, long segment)
    {
        Volatile.Write(ref _segmentSize, segment);
        Volatile.Write(ref _begin, address);
    }

    /// <summary>Flushes what was written since the last call, and the directory.</summary>
    /// <param name="disk">Where durability comes from.</param>
    internal void Sync(IDiskSync disk)
    {
        var any = false;
        foreach (var segment in _dirty.Keys)
        {
            // Taken off the list first: a write that comes during the flush puts it back.
            if (_dirty.TryRemove(segment, out _))
            {
                disk.SyncFile(Open(segment), PathOf(segment));
                any = true;
            }
        }

        if (any)
        {
            disk.SyncDirectory(Path.GetDirectoryName(FileName)!);
        }
    }

    /// <summary>Checks that the files hold a range of addresses.</summary>
    /// <param name="begin">First address.</param>
    /// <param name="end">Address behind the last.</param>
    /// <param name="size">Size of a segment.</param>
    /// <exception cref="CorruptFileException">A file is missing or too short.</exception>
    internal void CheckSegments(long begin, long end, long size)
    {
        // An empty log has no file.
        for (var start = begin - (begin % size); begin < end && start < end; start += size)
        {
            var path = GetSegmentFilename(FileName, (int)(start / size), omitSegmentId: false);
            var expected = Math.Min(size, end - start);
            var found = new FileInfo(path) is { Exists: true } file ? file.Length : -1;
            if (found < expected)
            {
                throw new CorruptFileException(
                    path, $"Expected '{path}' of the online store's log to have at least {expected} bytes, but {(found < 0 ? "it is missing" : $"it has {found}")}.", Math.Max(found, 0));
            }
        }
    }

    /// <summary>Checks that no page of a range of addresses is all zeros, as where a file system lost what was written: FASTER takes them for the end of its search, and rows would be missing without a word.</summary>
    /// <param name="begin">First address.</param>
    /// <param name="end">Address behind the last.</param>
    /// <param name="segment">Size of a segment.</param>
    /// <param name="page">Size of a page.</param>
    /// <exception cref="CorruptFileException">A page is all zeros.</exception>
    internal void CheckPages(long begin, long end, long segment, long page)
    {
        // Where a log was compacted up to may be followed by what no record fitted into.
        for (var address = begin == FirstAddress ? begin : (begin + page - 1) / page * page; address < end; address = ((address / page) + 1) * page)
        {
            var path = GetSegmentFilename(FileName, (int)(address / segment), omitSegmentId: false);
            using var handle = File.OpenHandle(path, FileMode.Open, FileAccess.Read, FileShare.ReadWrite | FileShare.Delete);
            if (IsZeros(handle, address % segment, Math.Min(page - (address % page), end - address)))
            {
                throw new CorruptFileException(path, $"Expected rows from byte {address % segment} of '{path}' of the online store's log on, but found zeros.", address % segment);
            }
        }
    }

    /// <summary>Deletes the segments below one.</summary>
    /// <param name="segment">The first segment to keep.</param>
    internal void DeleteBelow(int segment)
    {
        var directory = Path.GetDirectoryName(FileName)!;
        var prefix = Path.GetFileName(FileName) + ".";
        foreach (var path in Directory.EnumerateFiles(directory, prefix + "*"))
        {
            if (int.TryParse(Path.GetFileName(path.AsSpan())[prefix.Length..], out var number) && number < segment)
            {
                if (_handles.TryRemove(number, out var handle))
                {
                    handle.Dispose();
                }

                _dirty.TryRemove(number, out _);
                File.Delete(path);
            }
        }
    }

    /// <summary>Overwrites the first part of a segment with zeros, and flushes that.</summary>
    /// <param name="address">The first address to keep; nobody reads below it.</param>
    /// <param name="size">Size of a segment.</param>
    /// <param name="disk">Where durability comes from.</param>
    internal void EraseBelow(long address, long size, IDiskSync disk)
    {
        var path = GetSegmentFilename(FileName, (int)(address / size), omitSegmentId: false);
        if (!File.Exists(path))
        {
            return;
        }

        BeginAt(Math.Max(address, Volatile.Read(ref _begin)), size);
        using var handle = File.OpenHandle(path, FileMode.Open, FileAccess.Write, FileShare.ReadWrite | FileShare.Delete);
        var zeros = new byte[1 << 16];
        var end = Math.Min(address % size, RandomAccess.GetLength(handle));
        for (long position = 0; position < end; position += zeros.Length)
        {
            RandomAccess.Write(handle, zeros.AsSpan(0, (int)Math.Min(zeros.Length, end - position)), position);
        }

        disk.SyncFile(handle, path);
    }

    /// <inheritdoc/>
    public override void WriteAsync(IntPtr sourceAddress, int segmentId, ulong destinationAddress, uint numBytesToWrite, DeviceIOCompletionCallback callback, object context)
        => ThreadPool.UnsafeQueueUserWorkItem(
            static write => write.Device.Write(write),
            new Transfer(this, sourceAddress, segmentId, (long)destinationAddress, (int)numBytesToWrite, callback, context),
            preferLocal: false);

    /// <inheritdoc/>
    public override void ReadAsync(int segmentId, ulong sourceAddress, IntPtr destinationAddress, uint readLength, DeviceIOCompletionCallback callback, object context)
        => ThreadPool.UnsafeQueueUserWorkItem(
            static read => read.Device.Read(read),
            new Transfer(this, destinationAddress, segmentId, (long)sourceAddress, (int)readLength, callback, context),
            preferLocal: false);

    /// <inheritdoc/>
    public override void RemoveSegmentAsync(int segment, AsyncCallback callback, IAsyncResult result) => callback(result);

    /// <inheritdoc/>
    public override void RemoveSegment(int segment)
    {
        // See DeleteBelow.
    }

    /// <inheritdoc/>
    public override long GetFileSize(int segment) => segmentSize > 0 ? segmentSize : RandomAccess.GetLength(Open(segment));

    /// <inheritdoc/>
    public override void Reset() => CloseHandles();

    /// <inheritdoc/>
    public override void Dispose()
    {
        if (!_disposed)
        {
            _disposed = true;
            _disposal.Cancel();
            CloseHandles();
        }
    }

    // As a rule the first bytes are none, so little is read.
    private static bool IsZeros(SafeFileHandle handle, long offset, long length)
    {
        var buffer = new byte[512];
        while (length > 0)
        {
            var read = RandomAccess.Read(handle, buffer.AsSpan(0, (int)Math.Min(buffer.Length, length)), offset);
            if (read == 0 || buffer.AsSpan(0, read).ContainsAnyExcept((byte)0))
            {
                return false;
            }

            (offset, length) = (offset + read, length - read);
        }

        return true;
    }

    private void CloseHandles()
    {
        foreach (var segment in _handles.Keys)
        {
            if (_handles.TryRemove(segment, out var handle))
            {
                handle.Dispose();
            }
        }
    }

    private string PathOf(int segment) => GetSegmentFilename(FileName, segment);

    private SafeFileHandle Open(int segment)
    {
        ObjectDisposedException.ThrowIf(_disposed, this);
        if (_handles.TryGetValue(segment, out var handle))
        {
            return handle;
        }

        var opened = File.OpenHandle(PathOf(segment), FileMode.OpenOrCreate, FileAccess.ReadWrite, FileShare.ReadWrite | FileShare.Delete);
        var kept = _handles.GetOrAdd(segment, opened);
        if (!ReferenceEquals(kept, opened))
        {
            opened.Dispose();
        }

        return kept;
    }

    private unsafe void Write(Transfer write)
    {
        try
        {
            var skipped = BytesBeforeBegin(write);
            RandomAccess.Write(Open(write.Segment), new ReadOnlySpan<byte>((void*)write.Memory, write.Length)[skipped..], write.Offset + skipped);
            _dirty[write.Segment] = true;
            ForgetFailure();
        }
        catch (Exception error) when (_disposed)
        {
            _fault = error;
            write.Callback(Failed, 0, write.Context);
            return;
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException)
        {
            // The pause begins before anybody hears of the failure, so that who waits for its end waits for no more.
            var pause = _retryDelay is { } delay ? Task.Delay(delay, _timeProvider, _disposal.Token) : null;
            _fault = error;
            Volatile.Read(ref _writeFailure).TrySetResult();
            if (pause is not null)
            {
                _ = RetryAsync(write, pause);
            }
            else
            {
                write.Callback(Failed, 0, write.Context);
            }

            return;
        }

        write.Callback(0, (uint)write.Length, write.Context);
    }

    private static TaskCompletionSource NewSignal() => new(TaskCreationOptions.RunContinuationsAsynchronously);

    private void ForgetFailure()
    {
        if (_retryDelay is null)
        {
            return;
        }

        _fault = null;
        if (Volatile.Read(ref _writeFailure).Task.IsCompleted)
        {
            Volatile.Write(ref _writeFailure, NewSignal());
        }
    }

    private async Task RetryAsync(Transfer write, Task pause)
    {
        await pause.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing | ConfigureAwaitOptions.ForceYielding);
        Write(write);
    }

    private unsafe void Read(Transfer read)
    {
        var destination = new Span<byte>((void*)read.Memory, read.Length);
        var done = 0;
        try
        {
            while (done < read.Length)
            {
                var count = RandomAccess.Read(Open(read.Segment), destination[done..], read.Offset + done);
                if (count == 0)
                {
                    break;
                }

                done += count;
            }
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException or ObjectDisposedException)
        {
            _fault = error;
            done = 0;
            Interlocked.Increment(ref _readFailures);
        }

        // FASTER looks at the bytes whatever the result is; zeros are an empty record, which ends its search.
        destination[done..].Clear();
        destination[..BytesBeforeBegin(read)].Clear();
        read.Callback(0, (uint)read.Length, read.Context);
    }

    private int BytesBeforeBegin(Transfer transfer)
    {
        var begin = Volatile.Read(ref _begin);
        return begin == 0 ? 0 : (int)Math.Clamp(begin - (transfer.Segment * Volatile.Read(ref _segmentSize)) - transfer.Offset, 0, transfer.Length);
    }

    private sealed record Transfer(RowLogDevice Device, IntPtr Memory, int Segment, long Offset, int Length, DeviceIOCompletionCallback Callback, object Context);
}
