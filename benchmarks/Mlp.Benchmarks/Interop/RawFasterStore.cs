using System.Runtime.InteropServices;
using FASTER.core;

namespace Mlp.Benchmarks.Interop;

/// <summary>FASTER as its samples use it: keys and rows as bytes, one session, the row copied out in the read callback. The floor for an online read.</summary>
internal sealed unsafe class RawFasterStore : IDisposable
{
    private readonly FasterKVSettings<SpanByte, SpanByte> _settings;
    private readonly FasterKV<SpanByte, SpanByte> _store;
    private readonly ClientSession<SpanByte, SpanByte, Destination, Empty, Empty, CopyFunctions> _session;

    internal RawFasterStore(string directory, long memory, long index)
    {
        _settings = new FasterKVSettings<SpanByte, SpanByte>(directory)
        {
            MemorySize = memory,
            IndexSize = index,
            PageSize = 4 << 20,
            SegmentSize = 256 << 20,
            ConcurrencyControlMode = ConcurrencyControlMode.RecordIsolation,
        };
        _store = new FasterKV<SpanByte, SpanByte>(_settings);
        _session = _store.For(default(CopyFunctions)).NewSession<CopyFunctions>();
    }

    public void Dispose()
    {
        _session.Dispose();
        _store.Dispose();
        _settings.Dispose();
    }

    internal void Write(ReadOnlySpan<byte> key, ReadOnlySpan<byte> row)
    {
        fixed (byte* keyBytes = key, rowBytes = row)
        {
            var (spanKey, spanRow) = (SpanByte.FromPointer(keyBytes, key.Length), SpanByte.FromPointer(rowBytes, row.Length));
            _session.Upsert(ref spanKey, ref spanRow);
        }
    }

    /// <summary>Copies a row to an address.</summary>
    /// <returns>False if it is not in memory.</returns>
    internal bool Read(ReadOnlySpan<byte> key, nint destination)
    {
        fixed (byte* keyBytes = key)
        {
            var spanKey = SpanByte.FromPointer(keyBytes, key.Length);
            var input = new Destination(destination);
            Empty output = default;
            return _session.Read(ref spanKey, ref input, ref output).Found;
        }
    }

    /// <summary>Takes a full checkpoint, index and log.</summary>
    /// <returns>Whether none was under way.</returns>
    internal Task<(bool Success, Guid Token)> CheckpointAsync() => _store.TakeFullCheckpointAsync(CheckpointType.FoldOver).AsTask();

    /// <summary>Recovers the newest checkpoint.</summary>
    internal void Recover() => _store.Recover();

    [StructLayout(LayoutKind.Sequential)]
    internal readonly record struct Destination(nint Address);

    internal readonly struct CopyFunctions : IFunctions<SpanByte, SpanByte, Destination, Empty, Empty>
    {
        public bool SingleReader(ref SpanByte key, ref Destination input, ref SpanByte value, ref Empty dst, ref ReadInfo readInfo) => Copy(ref value, input);

        public bool ConcurrentReader(ref SpanByte key, ref Destination input, ref SpanByte value, ref Empty dst, ref ReadInfo readInfo) => Copy(ref value, input);

        public void ReadCompletionCallback(ref SpanByte key, ref Destination input, ref Empty output, Empty ctx, Status status, RecordMetadata recordMetadata) { }

        public bool SingleWriter(ref SpanByte key, ref Destination input, ref SpanByte src, ref SpanByte dst, ref Empty output, ref UpsertInfo upsertInfo, WriteReason reason)
        {
            src.CopyTo(ref dst);
            return true;
        }

        public void PostSingleWriter(ref SpanByte key, ref Destination input, ref SpanByte src, ref SpanByte dst, ref Empty output, ref UpsertInfo upsertInfo, WriteReason reason) { }

        public bool ConcurrentWriter(ref SpanByte key, ref Destination input, ref SpanByte src, ref SpanByte dst, ref Empty output, ref UpsertInfo upsertInfo) => false;

        public bool NeedInitialUpdate(ref SpanByte key, ref Destination input, ref Empty output, ref RMWInfo rmwInfo) => false;

        public bool InitialUpdater(ref SpanByte key, ref Destination input, ref SpanByte value, ref Empty output, ref RMWInfo rmwInfo) => false;

        public void PostInitialUpdater(ref SpanByte key, ref Destination input, ref SpanByte value, ref Empty output, ref RMWInfo rmwInfo) { }

        public bool NeedCopyUpdate(ref SpanByte key, ref Destination input, ref SpanByte oldValue, ref Empty output, ref RMWInfo rmwInfo) => false;

        public bool CopyUpdater(ref SpanByte key, ref Destination input, ref SpanByte oldValue, ref SpanByte newValue, ref Empty output, ref RMWInfo rmwInfo) => false;

        public void PostCopyUpdater(ref SpanByte key, ref Destination input, ref SpanByte oldValue, ref SpanByte newValue, ref Empty output, ref RMWInfo rmwInfo) { }

        public bool InPlaceUpdater(ref SpanByte key, ref Destination input, ref SpanByte value, ref Empty output, ref RMWInfo rmwInfo) => false;

        public void RMWCompletionCallback(ref SpanByte key, ref Destination input, ref Empty output, Empty ctx, Status status, RecordMetadata recordMetadata) { }

        public bool SingleDeleter(ref SpanByte key, ref SpanByte value, ref DeleteInfo deleteInfo) => true;

        public void PostSingleDeleter(ref SpanByte key, ref DeleteInfo deleteInfo) { }

        public bool ConcurrentDeleter(ref SpanByte key, ref SpanByte value, ref DeleteInfo deleteInfo) => true;

        public void DisposeSingleWriter(ref SpanByte key, ref Destination input, ref SpanByte src, ref SpanByte dst, ref Empty output, ref UpsertInfo upsertInfo, WriteReason reason) { }

        public void DisposeCopyUpdater(ref SpanByte key, ref Destination input, ref SpanByte oldValue, ref SpanByte newValue, ref Empty output, ref RMWInfo rmwInfo) { }

        public void DisposeInitialUpdater(ref SpanByte key, ref Destination input, ref SpanByte value, ref Empty output, ref RMWInfo rmwInfo) { }

        public void DisposeSingleDeleter(ref SpanByte key, ref SpanByte value, ref DeleteInfo deleteInfo) { }

        public void DisposeDeserializedFromDisk(ref SpanByte key, ref SpanByte value) { }

        public void CheckpointCompletionCallback(int sessionID, string sessionName, CommitPoint commitPoint) { }

        private static bool Copy(ref SpanByte value, Destination destination)
        {
            var row = value.AsReadOnlySpan();
            row.CopyTo(new Span<byte>((void*)destination.Address, row.Length));
            return true;
        }
    }
}
