using System.Collections.Frozen;

namespace Mlp.Features.Online;

/// <summary>A row store with the hot tier in front of it. A read asks the hot tier first; a write goes to the row store first. Nobody else writes to the row store. Thread-safe.</summary>
internal sealed class TieredRowStore : IOnlineRowStore
{
    private readonly IOnlineRowStore _rows;
    private readonly SessionPool<TieredRowReader> _readers;
    private readonly SessionPool<TieredRowWriter> _writers;
    private bool _disposed;

    /// <summary>Puts an empty hot tier in front of a row store, which goes with this.</summary>
    /// <param name="rows">The row store, recovered.</param>
    /// <param name="size">Bytes of the hot tier.</param>
    internal TieredRowStore(IOnlineRowStore rows, long size)
    {
        _rows = rows;
        Tier = new HotTier(size);
        _readers = new SessionPool<TieredRowReader>(typeof(TieredRowStore), () => new TieredRowReader(this));
        _writers = new SessionPool<TieredRowWriter>(typeof(TieredRowStore), () => new TieredRowWriter(this));
    }

    /// <inheritdoc/>
    public Exception? Fault => _rows.Fault;

    /// <inheritdoc/>
    public long LogLength => _rows.LogLength;

    /// <inheritdoc/>
    public int MaximumRecordLength => _rows.MaximumRecordLength;

    /// <summary>The hot tier.</summary>
    internal HotTier Tier { get; }

    /// <inheritdoc/>
    public IOnlineRowReader RentReader() => _readers.Rent();

    /// <inheritdoc/>
    public IOnlineRowWriter RentWriter() => _writers.Rent();

    /// <inheritdoc/>
    public void Scan(OnlineRowVisitor visitor) => _rows.Scan(visitor);

    /// <inheritdoc/>
    public Task<RowStoreCheckpoint> CheckpointAsync(string directory, CancellationToken cancellationToken) => _rows.CheckpointAsync(directory, cancellationToken);

    /// <inheritdoc/>
    public void Recover(string directory, RowStoreCheckpoint checkpoint)
        => throw new InvalidOperationException("Expected the rows to be recovered before the hot tier is put in front of them.");

    /// <inheritdoc/>
    public Task CompactAsync(FrozenSet<uint> retired) => _rows.CompactAsync(retired);

    /// <inheritdoc/>
    public void ForgetView(uint viewId)
    {
        Tier.RemoveView(viewId);
        _rows.ForgetView(viewId);
    }

    /// <inheritdoc/>
    public void EraseLogBelow(long address) => _rows.EraseLogBelow(address);

    /// <inheritdoc/>
    public void DeleteLogBelow(long address) => _rows.DeleteLogBelow(address);

    /// <inheritdoc/>
    public void Dispose()
    {
        if (_disposed)
        {
            return;
        }

        _disposed = true;
        var isReturned = _readers.Close();
        isReturned &= _writers.Close();
        _rows.Dispose();
        if (isReturned)
        {
            Tier.Dispose();
        }
    }

    /// <summary>Rents a reader of the row store.</summary>
    internal IOnlineRowReader RentRowReader() => _rows.RentReader();

    /// <summary>Rents a writer of the row store.</summary>
    internal IOnlineRowWriter RentRowWriter() => _rows.RentWriter();

    /// <summary>Takes a reader back.</summary>
    /// <param name="reader">The reader.</param>
    internal void Return(TieredRowReader reader) => _readers.Return(reader);

    /// <summary>Takes a writer back.</summary>
    /// <param name="writer">The writer.</param>
    internal void Return(TieredRowWriter writer) => _writers.Return(writer);
}
