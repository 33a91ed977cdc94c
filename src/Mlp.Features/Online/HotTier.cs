using System.IO.Hashing;
using System.Runtime.CompilerServices;
using Mlp.Features.Interop;

namespace Mlp.Features.Online;

/// <summary>
/// Rows in front of the row store: those that were read lately, so that a read takes two cache misses and neither lock nor session. It holds what the row store has or nothing; what that means, and
/// why it holds beside writers, is written at <see cref="HotTierShard"/>. Its memory is fixed when it is made. Thread-safe.
/// </summary>
internal sealed class HotTier : IDisposable
{
    /// <summary>The least size, in bytes.</summary>
    internal const long MinimumSize = 4 << 10;

    private const int MaximumShards = 16;
    private const long ShardSize = 4 << 20;
    private const int ShardShift = 60;
    private const long PartAlignment = 64;

    private readonly HotTierMemory _memory;
    private readonly HotTierShard[] _shards;

    /// <summary>Reserves the memory.</summary>
    /// <param name="size">Bytes, at least <see cref="MinimumSize"/>.</param>
    internal HotTier(long size)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(size, MinimumSize);
        var shards = 1;
        while (shards < MaximumShards && size / (2 * shards) >= ShardSize)
        {
            shards *= 2;
        }

        var part = size / shards / PartAlignment * PartAlignment;
        _memory = new HotTierMemory(part * shards);
        _shards = new HotTierShard[shards];
        for (var i = 0; i < shards; i++)
        {
            _shards[i] = new HotTierShard(_memory, i * part, part);
        }

        HotTierSizes.Add(this);
    }

    /// <summary>Bytes reserved: index and rows.</summary>
    internal long Capacity => _memory.Length;

    /// <summary>The longest row that is kept, with its key and 16 bytes, all padded.</summary>
    internal int MaximumRecordLength => _shards[0].MaximumRecordLength;

    /// <summary>Bytes of the rows that can be found, with their keys, heads and padding.</summary>
    internal long LiveLength
    {
        get
        {
            var length = 0L;
            foreach (var shard in _shards)
            {
                length += shard.LiveLength;
            }

            return length;
        }
    }

    /// <summary>The memory, index and rows, to look at while nobody reads or writes.</summary>
    internal ReadOnlySpan<byte> Bytes => _memory.Bytes;

    /// <summary>Frees the memory; nobody reads or writes any more.</summary>
    public void Dispose()
    {
        HotTierSizes.Remove(this);
        _memory.Dispose();
    }

    /// <summary>The hash of a key that the other members ask for.</summary>
    /// <param name="key">View id and canonical entity key.</param>
    internal static ulong HashOf(ReadOnlySpan<byte> key) => XxHash3.HashToUInt64(key);

    /// <summary>Asks for the memory of a key's index entry: the first step of reading many rows.</summary>
    /// <param name="hash">Hash of the key.</param>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    internal void PrefetchIndex(ulong hash) => ShardOf(hash).PrefetchBucket(hash);

    /// <summary>Asks for the memory of a key's row: the second step.</summary>
    /// <param name="hash">Hash of the key.</param>
    internal void PrefetchRow(ulong hash) => ShardOf(hash).PrefetchRow(hash);

    /// <summary>Copies the row of a key.</summary>
    /// <param name="hash">Hash of the key.</param>
    /// <param name="key">The key.</param>
    /// <param name="row">Receives the row; replaced by a longer one when it is too short.</param>
    /// <param name="length">Length of the row.</param>
    /// <param name="ticket">After a miss, what <see cref="Fill"/> needs.</param>
    /// <returns>False when the row store must be asked.</returns>
    internal bool TryRead(ulong hash, ReadOnlySpan<byte> key, ref byte[] row, out int length, out ulong ticket)
        => ShardOf(hash).TryRead(hash, key, ref row, out length, out ticket);

    /// <summary>Keeps what the row store had when it was asked after a miss, unless something has changed since.</summary>
    /// <param name="key">The key.</param>
    /// <param name="row">The row.</param>
    /// <param name="ticket">What the miss gave out.</param>
    internal void Fill(ReadOnlySpan<byte> key, ReadOnlySpan<byte> row, ulong ticket)
    {
        var hash = HashOf(key);
        CountEvictions(ShardOf(hash).Fill(hash, key, row, ticket));
    }

    /// <summary>Begins a write or a removal, before the row store is changed.</summary>
    /// <param name="hash">Hash of the key.</param>
    /// <returns>The ticket for <see cref="EndWrite"/> or <see cref="EndRemove"/>, one of which must follow.</returns>
    internal ulong BeginWrite(ulong hash) => ShardOf(hash).BeginWrite(hash);

    /// <summary>Ends a write, after the row store has decided about it by <see cref="OnlineRowCodec.Replaces"/>. A row is changed but never brought in: that is for reads.</summary>
    /// <param name="hash">Hash of the key.</param>
    /// <param name="key">The key.</param>
    /// <param name="row">The row that was written.</param>
    /// <param name="ticket">What <see cref="BeginWrite"/> returned.</param>
    internal void EndWrite(ulong hash, ReadOnlySpan<byte> key, ReadOnlySpan<byte> row, ulong ticket)
        => CountEvictions(ShardOf(hash).EndWrite(hash, key, row, ticket));

    /// <summary>Ends a removal, or a write of which nobody knows what it did: the key has no row here, and no read that began before brings one back.</summary>
    /// <param name="hash">Hash of the key.</param>
    /// <param name="key">The key.</param>
    /// <param name="ticket">What <see cref="BeginWrite"/> returned.</param>
    internal void EndRemove(ulong hash, ReadOnlySpan<byte> key, ulong ticket) => ShardOf(hash).EndWrite(hash, key, [], ticket);

    /// <summary>Removes all rows of a view, and refuses those that reads which began before bring.</summary>
    /// <param name="viewId">Number of the view.</param>
    internal void RemoveView(uint viewId)
    {
        foreach (var shard in _shards)
        {
            shard.RemoveView(viewId);
        }
    }

    private static void CountEvictions(int count)
    {
        if (count > 0 && OnlineMetrics.HotTierEvictions.Enabled)
        {
            OnlineMetrics.HotTierEvictions.Add(count);
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private HotTierShard ShardOf(ulong hash) => _shards[(int)(hash >> ShardShift) & (_shards.Length - 1)];
}
