namespace Mlp.Features.Online;

/// <summary>
/// Reads from the hot tier, and what it does not have from the row store, whose session is taken at the first miss. Many rows are read in groups: the index entries of a group are asked for while its keys are encoded, then its rows,
/// and decoded when they have come.
/// </summary>
/// <param name="store">The store.</param>
internal sealed class TieredRowReader(TieredRowStore store) : IOnlineRowReader
{
    // As many as the processor fetches at once, some times over; the memory of a group stays in the nearest cache.
    private const int GroupLength = 32;
    private const int KeyRoom = 64;
    private const int FirstRowLength = 1024;

    private readonly HotTier _tier = store.Tier;
    private readonly byte[] _keys = new byte[GroupLength * KeyRoom];
    private readonly Waiting[] _waiting = new Waiting[GroupLength];
    private byte[] _row = new byte[FirstRowLength];
    private IOnlineRowReader? _rows;
    private int _count;
    private int _pending;
    private int _hits;
    private int _misses;

    /// <inheritdoc/>
    public bool Read(ReadOnlySpan<byte> key, in RowDestination destination) => Read(HotTier.HashOf(key), key, destination);

    /// <inheritdoc/>
    public void Enqueue(ReadOnlySpan<byte> key, in RowDestination destination)
    {
        var hash = HotTier.HashOf(key);
        if (key.Length > KeyRoom)
        {
            _pending += Read(hash, key, destination) ? 0 : 1;
            return;
        }

        _tier.PrefetchIndex(hash);
        key.CopyTo(_keys.AsSpan(_count * KeyRoom));
        _waiting[_count++] = new Waiting(hash, key.Length, destination);
        if (_count == GroupLength)
        {
            ReadGroup();
        }
    }

    /// <inheritdoc/>
    public int ReadEnqueued()
    {
        ReadGroup();
        var pending = _pending;
        _pending = 0;
        return pending;
    }

    /// <inheritdoc/>
    public ValueTask CompleteAsync() => _rows?.CompleteAsync() ?? ValueTask.CompletedTask;

    /// <inheritdoc/>
    public void Dispose()
    {
        Forget();
        _rows?.Dispose();
        _rows = null;
        if (OnlineMetrics.HotTierHits.Enabled && _hits > 0)
        {
            OnlineMetrics.HotTierHits.Add(_hits);
        }

        if (OnlineMetrics.HotTierMisses.Enabled && _misses > 0)
        {
            OnlineMetrics.HotTierMisses.Add(_misses);
        }

        (_pending, _hits, _misses) = (0, 0, 0);
        store.Return(this);
    }

    private void ReadGroup()
    {
        var group = _waiting.AsSpan(0, _count);
        foreach (ref readonly var waiting in group)
        {
            _tier.PrefetchRow(waiting.Hash);
        }

        for (var i = 0; i < group.Length; i++)
        {
            ref readonly var waiting = ref group[i];
            _pending += Read(waiting.Hash, _keys.AsSpan(i * KeyRoom, waiting.KeyLength), waiting.Destination) ? 0 : 1;
        }

        Forget();
    }

    private bool Read(ulong hash, ReadOnlySpan<byte> key, in RowDestination destination)
    {
        if (_tier.TryRead(hash, key, ref _row, out var length, out var ticket))
        {
            _hits++;
            destination.Write(_row.AsSpan(0, length));
            return true;
        }

        _misses++;
        _rows ??= store.RentRowReader();
        return _rows.Read(key, destination with { Fill = new HotTierFill(_tier, ticket) });
    }

    /// <summary>Lets go of the destinations, so that a reader in the pool keeps nothing alive.</summary>
    private void Forget()
    {
        _waiting.AsSpan(0, _count).Clear();
        _count = 0;
    }

    private readonly record struct Waiting(ulong Hash, int KeyLength, RowDestination Destination);
}
