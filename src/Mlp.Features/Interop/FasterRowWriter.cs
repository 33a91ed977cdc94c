using System.Collections.Frozen;
using FASTER.core;
using Mlp.Features.Online;
using Session = FASTER.core.ClientSession<FASTER.core.SpanByte, FASTER.core.SpanByte, FASTER.core.SpanByte, FASTER.core.Empty, FASTER.core.Empty, Mlp.Features.Interop.RowWriteFunctions>;

namespace Mlp.Features.Interop;

/// <summary>A FASTER session that writes.</summary>
internal sealed class FasterRowWriter(FasterRowStore store, Session session) : IOnlineRowWriter
{
    private long _failuresSeen;
    private bool _pending;

    /// <inheritdoc/>
    public unsafe bool Write(ReadOnlySpan<byte> key, ReadOnlySpan<byte> row)
    {
        Status status;
        fixed (byte* keyBytes = key)
        {
            fixed (byte* rowBytes = row)
            {
                var spanByte = SpanByte.FromPointer(keyBytes, key.Length);
                var input = SpanByte.FromPointer(rowBytes, row.Length);
                Empty output = default;
                status = session.RMW(ref spanByte, ref input, ref output);
            }
        }

        if (!status.IsPending)
        {
            return true;
        }

        if (!_pending)
        {
            _pending = true;
            _failuresSeen = store.ReadFailures;
        }

        return false;
    }

    /// <inheritdoc/>
    public bool Delete(ReadOnlySpan<byte> key, long throughSequence)
    {
        Span<byte> request = stackalloc byte[OnlineRowLayout.HeaderLength];
        OnlineRowCodec.WriteDeletion(throughSequence, request);
        return Write(key, request);
    }

    /// <inheritdoc/>
    public async ValueTask CompleteAsync()
    {
        if (!_pending)
        {
            return;
        }

        await session.CompletePendingAsync().ConfigureAwait(false);
        _pending = false;
        store.ThrowIfReadFailed(_failuresSeen);
    }

    /// <inheritdoc/>
    public void Dispose() => store.Return(this);

    /// <summary>Moves the kept rows below an address to the end of the log.</summary>
    /// <param name="until">An address that has been flushed.</param>
    /// <param name="retired">Numbers of views whose rows are not kept.</param>
    internal void Compact(long until, FrozenSet<uint> retired) => session.Compact(until, CompactionType.Lookup, new RowCompaction(retired));

    /// <summary>Ends the session.</summary>
    internal void Close() => session.Dispose();
}
