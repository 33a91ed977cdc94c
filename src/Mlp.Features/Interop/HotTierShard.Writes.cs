using System.Diagnostics;
using System.Runtime.InteropServices;
using Mlp.Features.Online;

namespace Mlp.Features.Interop;

/// <content>Changes, all under the lock.</content>
internal sealed unsafe partial class HotTierShard
{
    /// <summary>Keeps a row that the row store had when it was asked after a miss.</summary>
    /// <param name="hash">Hash of the key.</param>
    /// <param name="key">The key.</param>
    /// <param name="row">The row.</param>
    /// <param name="ticket">What the miss gave out.</param>
    /// <returns>Number of rows that were evicted.</returns>
    internal int Fill(ulong hash, ReadOnlySpan<byte> key, ReadOnlySpan<byte> row, ulong ticket)
    {
        if ((ticket & (Changing | WriterMask)) != 0 || LengthOf(key.Length, row.Length) > MaximumRecordLength)
        {
            return 0;
        }

        lock (_gate)
        {
            var bucket = BucketOf(hash);
            if (*bucket != ticket)
            {
                return 0;
            }

            var before = _evictions;
            Insert(bucket, hash, key, row);
            return (int)(_evictions - before);
        }
    }

    /// <summary>Counts a write on, before the row store is changed. Until it is counted off, keys of its bucket are not read here.</summary>
    /// <param name="hash">Hash of the key.</param>
    /// <returns>The ticket for <see cref="EndWrite"/>.</returns>
    internal ulong BeginWrite(ulong hash)
    {
        lock (_gate)
        {
            var bucket = BucketOf(hash);
            var word = Raised(*bucket) + WriterOne;
            Volatile.Write(ref *bucket, word);
            return word;
        }
    }

    /// <summary>Counts a write off, after the row store was changed.</summary>
    /// <param name="hash">Hash of the key.</param>
    /// <param name="key">The key.</param>
    /// <param name="row">The row that was written; empty when it was removed or nobody knows what the row store has.</param>
    /// <param name="ticket">What <see cref="BeginWrite"/> returned.</param>
    /// <returns>Number of rows that were evicted.</returns>
    internal int EndWrite(ulong hash, ReadOnlySpan<byte> key, ReadOnlySpan<byte> row, ulong ticket)
    {
        lock (_gate)
        {
            var bucket = BucketOf(hash);
            var before = _evictions;
            var isOnly = *bucket == ticket && (ticket & WriterMask) == WriterOne;
            if (Find(bucket, hash, key, out var slot) is >= 0 and var index)
            {
                if (!isOnly || row.IsEmpty)
                {
                    Remove(bucket, index);
                }
                else if (OnlineRowCodec.Replaces(row, RowOf(PositionOf(slot))))
                {
                    Replace(bucket, index, hash, key, row);
                }
            }

            Debug.Assert((*bucket & WriterMask) != 0, "A write is counted off that was never counted on.");
            Volatile.Write(ref *bucket, Raised(*bucket) - WriterOne);
            return (int)(_evictions - before);
        }
    }

    private static ulong Raised(ulong word) => (word & WriterMask) | ((word + VersionOne) & VersionMask);

    private static void BeginChange(ulong* bucket)
    {
        Volatile.Write(ref *bucket, *bucket | Changing);
        Volatile.WriteBarrier();
    }

    private static void EndChange(ulong* bucket) => Volatile.Write(ref *bucket, Raised(*bucket));

    private void Replace(ulong* bucket, int index, ulong hash, ReadOnlySpan<byte> key, ReadOnlySpan<byte> row)
    {
        var kept = RowOf(PositionOf(bucket[1 + index]));
        if (kept.Length == row.Length)
        {
            BeginChange(bucket);
            row.CopyTo(kept);
            EndChange(bucket);
            return;
        }

        Remove(bucket, index);
        if (LengthOf(key.Length, row.Length) <= MaximumRecordLength)
        {
            Insert(bucket, hash, key, row);
        }
    }

    /// <summary>Puts a row in whose key the bucket does not have.</summary>
    private void Insert(ulong* bucket, ulong hash, ReadOnlySpan<byte> key, ReadOnlySpan<byte> row)
    {
        var length = LengthOf(key.Length, row.Length);
        var position = MakeRoom(length);
        var record = (RecordHeader*)(_ring + position);
        *record = new RecordHeader(hash, key.Length, row.Length);
        key.CopyTo(new Span<byte>(record + 1, key.Length));
        row.CopyTo(RowOf(position));
        Link(bucket, FreeSlot(bucket), SlotOf(hash, position), length);
    }

    private void Link(ulong* bucket, int index, ulong slot, long length)
    {
        BeginChange(bucket);
        Volatile.Write(ref bucket[1 + index], slot);
        EndChange(bucket);
        Volatile.Write(ref _liveLength, _liveLength + length);
    }

    private void Remove(ulong* bucket, int index)
    {
        var record = _ring + PositionOf(bucket[1 + index]);
        var length = LengthOf(((RecordHeader*)record)->KeyLength, ((RecordHeader*)record)->RowLength);
        BeginChange(bucket);
        Volatile.Write(ref bucket[1 + index], 0);
        EndChange(bucket);
        Volatile.Write(ref _liveLength, _liveLength - length);
        Erase(record, length);
    }

    /// <summary>Leaves nothing of a record that no slot leads to any more: neither row, key nor hash. Who still copies it sees the greater version, as when a new row takes its place.</summary>
    private static void Erase(byte* record, long length)
    {
        NativeMemory.Clear(record, (nuint)length);
        *(RecordHeader*)record = new RecordHeader(0, Filler, (int)length);
    }

    /// <summary>A slot without a row; if there is none, the first in turn that was not read lately is evicted.</summary>
    private int FreeSlot(ulong* bucket)
    {
        for (var i = 0; i < SlotCount; i++)
        {
            if ((bucket[1 + i] & PositionMask) == 0)
            {
                return i;
            }
        }

        var victim = (int)(_turn++ % SlotCount);
        for (var i = 0; i < SlotCount && (bucket[1 + victim] & Used) != 0; i++)
        {
            Volatile.Write(ref bucket[1 + victim], bucket[1 + victim] & ~Used);
            victim = (victim + 1) % SlotCount;
        }

        Remove(bucket, victim);
        _evictions++;
        return victim;
    }
}
