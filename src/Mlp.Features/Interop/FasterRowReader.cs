using FASTER.core;
using Mlp.Features.Online;
using Session = FASTER.core.ClientSession<FASTER.core.SpanByte, FASTER.core.SpanByte, Mlp.Features.Online.RowDestination, FASTER.core.Empty, FASTER.core.Empty, Mlp.Features.Interop.RowReadFunctions>;

namespace Mlp.Features.Interop;

/// <summary>A FASTER session that reads.</summary>
internal sealed class FasterRowReader(FasterRowStore store, Session session) : IOnlineRowReader
{
    private long _failuresSeen;
    private bool _pending;
    private int _pendingOfEnqueued;

    /// <inheritdoc/>
    public unsafe bool Read(ReadOnlySpan<byte> key, in RowDestination destination)
    {
        Status status;
        fixed (byte* bytes = key)
        {
            var spanByte = SpanByte.FromPointer(bytes, key.Length);
            var input = destination;
            Empty output = default;
            status = session.Read(ref spanByte, ref input, ref output);
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
    public void Enqueue(ReadOnlySpan<byte> key, in RowDestination destination) => _pendingOfEnqueued += Read(key, destination) ? 0 : 1;

    /// <inheritdoc/>
    public int ReadEnqueued()
    {
        var pending = _pendingOfEnqueued;
        _pendingOfEnqueued = 0;
        return pending;
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
    public void Dispose()
    {
        _pendingOfEnqueued = 0;
        store.Return(this);
    }

    /// <summary>Ends the session.</summary>
    internal void Close() => session.Dispose();
}
