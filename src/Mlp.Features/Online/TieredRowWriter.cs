namespace Mlp.Features.Online;

/// <summary>Writes to the row store, and then changes the rows that the hot tier has.</summary>
/// <param name="store">The store.</param>
internal sealed class TieredRowWriter(TieredRowStore store) : IOnlineRowWriter
{
    private readonly HotTier _tier = store.Tier;
    private readonly List<Waiting> _waiting = [];
    private IOnlineRowWriter? _rows;

    /// <inheritdoc/>
    public bool Write(ReadOnlySpan<byte> key, ReadOnlySpan<byte> row)
    {
        _rows ??= store.RentRowWriter();
        var hash = HotTier.HashOf(key);
        var ticket = _tier.BeginWrite(hash);
        bool isDone;
        try
        {
            isDone = _rows.Write(key, row);
        }
        catch
        {
            _tier.EndRemove(hash, key, ticket);
            throw;
        }

        if (isDone)
        {
            _tier.EndWrite(hash, key, row, ticket);
        }
        else
        {
            _waiting.Add(new Waiting(hash, ticket, key.ToArray(), row.ToArray()));
        }

        return isDone;
    }

    /// <inheritdoc/>
    public bool Delete(ReadOnlySpan<byte> key, long throughSequence)
    {
        // Whether or not the deletion reaches the row, the hot tier lets go of it: a read brings back what the row store still has.
        _rows ??= store.RentRowWriter();
        var hash = HotTier.HashOf(key);
        var ticket = _tier.BeginWrite(hash);
        var isDone = true;
        try
        {
            isDone = _rows.Delete(key, throughSequence);
        }
        finally
        {
            if (isDone)
            {
                _tier.EndRemove(hash, key, ticket);
            }
            else
            {
                _waiting.Add(new Waiting(hash, ticket, key.ToArray(), null));
            }
        }

        return isDone;
    }

    /// <inheritdoc/>
    public async ValueTask CompleteAsync()
    {
        if (_waiting.Count == 0)
        {
            return;
        }

        var isWritten = false;
        try
        {
            await _rows!.CompleteAsync().ConfigureAwait(false);
            isWritten = true;
        }
        finally
        {
            End(isWritten);
        }
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        End(isWritten: false);
        _rows?.Dispose();
        _rows = null;
        store.Return(this);
    }

    private void End(bool isWritten)
    {
        foreach (var (hash, ticket, key, row) in _waiting)
        {
            if (isWritten && row is not null)
            {
                _tier.EndWrite(hash, key, row, ticket);
            }
            else
            {
                // It is deleted, or nobody knows what the row store has.
                _tier.EndRemove(hash, key, ticket);
            }
        }

        _waiting.Clear();
    }

    private readonly record struct Waiting(ulong Hash, ulong Ticket, byte[] Key, byte[]? Row);
}
