using FASTER.core;
using Mlp.Features.Online;

namespace Mlp.Features.Interop;

/// <summary>
/// What FASTER does with a row. A read is decoded inside the callback, under the record's lock, straight into the destination; a write is a read-modify-write that keeps the newer row.
/// A struct, so that the calls are inlined.
/// </summary>
internal readonly struct RowReadFunctions : IFunctions<SpanByte, SpanByte, RowDestination, Empty, Empty>
{
    /// <inheritdoc/>
    public bool SingleReader(ref SpanByte key, ref RowDestination input, ref SpanByte value, ref Empty dst, ref ReadInfo readInfo)
    {
        Read(ref key, input, ref value);
        return true;
    }

    /// <inheritdoc/>
    public bool ConcurrentReader(ref SpanByte key, ref RowDestination input, ref SpanByte value, ref Empty dst, ref ReadInfo readInfo)
    {
        Read(ref key, input, ref value);
        return true;
    }

    public void ReadCompletionCallback(ref SpanByte key, ref RowDestination input, ref Empty output, Empty ctx, Status status, RecordMetadata recordMetadata) { }

    public bool SingleWriter(ref SpanByte key, ref RowDestination input, ref SpanByte src, ref SpanByte dst, ref Empty output, ref UpsertInfo upsertInfo, WriteReason reason) => false;

    public void PostSingleWriter(ref SpanByte key, ref RowDestination input, ref SpanByte src, ref SpanByte dst, ref Empty output, ref UpsertInfo upsertInfo, WriteReason reason) { }

    public bool ConcurrentWriter(ref SpanByte key, ref RowDestination input, ref SpanByte src, ref SpanByte dst, ref Empty output, ref UpsertInfo upsertInfo) => false;

    public bool NeedInitialUpdate(ref SpanByte key, ref RowDestination input, ref Empty output, ref RMWInfo rmwInfo) => false;

    public bool InitialUpdater(ref SpanByte key, ref RowDestination input, ref SpanByte value, ref Empty output, ref RMWInfo rmwInfo) => false;

    public void PostInitialUpdater(ref SpanByte key, ref RowDestination input, ref SpanByte value, ref Empty output, ref RMWInfo rmwInfo) { }

    public bool NeedCopyUpdate(ref SpanByte key, ref RowDestination input, ref SpanByte oldValue, ref Empty output, ref RMWInfo rmwInfo) => false;

    public bool CopyUpdater(ref SpanByte key, ref RowDestination input, ref SpanByte oldValue, ref SpanByte newValue, ref Empty output, ref RMWInfo rmwInfo) => false;

    public void PostCopyUpdater(ref SpanByte key, ref RowDestination input, ref SpanByte oldValue, ref SpanByte newValue, ref Empty output, ref RMWInfo rmwInfo) { }

    public bool InPlaceUpdater(ref SpanByte key, ref RowDestination input, ref SpanByte value, ref Empty output, ref RMWInfo rmwInfo) => false;

    public void RMWCompletionCallback(ref SpanByte key, ref RowDestination input, ref Empty output, Empty ctx, Status status, RecordMetadata recordMetadata) { }

    public bool SingleDeleter(ref SpanByte key, ref SpanByte value, ref DeleteInfo deleteInfo) => true;

    public void PostSingleDeleter(ref SpanByte key, ref DeleteInfo deleteInfo) { }

    public bool ConcurrentDeleter(ref SpanByte key, ref SpanByte value, ref DeleteInfo deleteInfo) => true;

    public void DisposeSingleWriter(ref SpanByte key, ref RowDestination input, ref SpanByte src, ref SpanByte dst, ref Empty output, ref UpsertInfo upsertInfo, WriteReason reason) { }

    public void DisposeCopyUpdater(ref SpanByte key, ref RowDestination input, ref SpanByte oldValue, ref SpanByte newValue, ref Empty output, ref RMWInfo rmwInfo) { }

    public void DisposeInitialUpdater(ref SpanByte key, ref RowDestination input, ref SpanByte value, ref Empty output, ref RMWInfo rmwInfo) { }

    public void DisposeSingleDeleter(ref SpanByte key, ref SpanByte value, ref DeleteInfo deleteInfo) { }

    public void DisposeDeserializedFromDisk(ref SpanByte key, ref SpanByte value) { }

    public void CheckpointCompletionCallback(int sessionID, string sessionName, CommitPoint commitPoint) { }

    private static void Read(ref SpanByte key, in RowDestination destination, ref SpanByte value)
    {
        var row = value.AsReadOnlySpan();
        destination.Write(row);
        destination.Fill.Keep(key.AsReadOnlySpan(), row);
    }
}
