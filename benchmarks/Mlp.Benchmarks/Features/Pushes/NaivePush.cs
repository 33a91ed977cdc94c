using System.Runtime.InteropServices;
using Microsoft.Win32.SafeHandles;
using Mlp.Benchmarks.Interop;

namespace Mlp.Benchmarks.Features.Pushes;

/// <summary>
/// The naive way: rows encoded one behind the other, appended to a file that is flushed once per push, then upserted into FASTER; one lock for all. No checksum, no order of versions, no shared flush.
/// </summary>
internal sealed class NaivePush(string directory) : IPushWay
{
    private const string LogName = "naive.log";

    private readonly Lock _gate = new();
    private readonly SafeFileHandle _file = File.OpenHandle(Path.Combine(directory, LogName), FileMode.CreateNew, FileAccess.Write);
    private readonly RawFasterStore _store = Open(directory);
    private byte[] _buffer = [];
    private long _length;

    public string Name => "fsync per push + FASTER";

    public Task PushAsync(PushedRows rows)
    {
        lock (_gate)
        {
            if (_buffer.Length != rows.Count * PushedRows.LogLength)
            {
                _buffer = new byte[rows.Count * PushedRows.LogLength];
            }

            for (var i = 0; i < rows.Count; i++)
            {
                rows.Encode(i, Logged(i));
            }

            RandomAccess.Write(_file, _buffer, _length);
            RandomAccess.FlushToDisk(_file);
            _length += _buffer.Length;
            for (var i = 0; i < rows.Count; i++)
            {
                _store.Write(PushedRows.KeyOf(Logged(i)), PushedRows.RowOf(Logged(i)));
            }
        }

        return Task.CompletedTask;
    }

    public Task SettleAsync() => Task.CompletedTask;

    public ValueTask DisposeAsync()
    {
        _file.Dispose();
        _store.Dispose();
        return ValueTask.CompletedTask;
    }

    /// <summary>Opens the rows of a directory.</summary>
    internal static RawFasterStore Open(string directory) => new(Path.Combine(directory, "naive"), 1L << 30, 64 << 20);

    /// <summary>Reads the log of a directory and upserts its rows.</summary>
    internal static void Replay(string directory, RawFasterStore store)
    {
        using var log = new FileStream(Path.Combine(directory, LogName), FileMode.Open, FileAccess.Read, FileShare.Read, bufferSize: 1 << 20);
        var logged = new byte[PushedRows.LogLength];
        while (log.ReadAtLeast(logged, logged.Length, throwOnEndOfStream: false) == logged.Length)
        {
            store.Write(PushedRows.KeyOf(logged), PushedRows.RowOf(logged));
        }
    }

    /// <summary>Whether there is a row under a key.</summary>
    internal static bool Contains(RawFasterStore store, ReadOnlySpan<byte> key)
    {
        var row = GC.AllocateArray<byte>(PushedRows.RowLength, pinned: true);
        return store.Read(key, Marshal.UnsafeAddrOfPinnedArrayElement(row, 0));
    }

    /// <summary>Brings the rows to the device.</summary>
    internal async Task CheckpointAsync()
    {
        if (await _store.CheckpointAsync() is (false, _))
        {
            throw new InvalidOperationException("Expected FASTER to take a checkpoint, but one was under way.");
        }
    }

    private Span<byte> Logged(int row) => _buffer.AsSpan(row * PushedRows.LogLength, PushedRows.LogLength);
}
