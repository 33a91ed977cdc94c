using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using Mlp.Features.Online;

namespace Mlp.Features.Interop;

/// <summary>
/// A part of the hot tier with its own lock for whoever changes it; who reads takes no lock and waits for nobody.
/// <para>
/// <b>Memory.</b> An index of buckets of one cache line (a word and seven slots: open addressing within the line, so a lookup costs one line and a removal leaves no gravestone), and a ring of rows, each stored once behind
/// its key. New rows go to the head of the ring; the oldest make room, those that were read since they were last looked at go to the head once more (second chance). Both have a fixed size.
/// </para>
/// <para>
/// <b>The word of a bucket</b> says everything about its rows: whether it is being changed (bit 0), a version that every change raises (bits 1 to 43), and how many writes to keys of the bucket are on their way
/// through the row store (bits 44 to 63). A slot, and the bytes that it leads to, change only between setting bit 0 and raising the version. So:
/// </para>
/// <list type="bullet">
/// <item><b>Read</b>: take the word (if it is being changed or a write is on its way, the row store is asked), find and copy the row, take the word again. The same word means that the copy is whole and was the row store's row all the time.</item>
/// <item><b>Fill</b>: the word that was taken when the row was not found is the ticket. The row from the row store is kept only if the word is still the same, so no write, removal or other fill of the bucket has
/// begun since before the row store was asked: a row that was replaced or removed meanwhile cannot come back.</item>
/// <item><b>Write and removal</b>: first count the write in the word, then change the row store, then change the row here and count the write off. Between them nobody reads or fills the bucket here. If the word
/// is at the end what it was after counting on, this was the only write and the row here was the kept one, so the rule of the row store (<see cref="OnlineRowCodec.Replaces"/>) gives the same answer
/// here; in every other case the row is dropped and the next read brings it back.</item>
/// </list>
/// <para>
/// <b>Order of memory.</b> Who changes holds the lock, stores the word with bit 0, and a store barrier keeps everything after it behind it; the last store is a release, so everything before it is seen before the new word. Who reads loads the
/// word with acquire, copies, and a load barrier keeps the second load of the word behind the copy. If the copy has seen one byte of a change (also one of a row that took over the memory of a removed one, since its removal
/// comes first), the second load sees bit 0 or a greater version. This holds on processors that reorder loads and stores (ARM) as on x64; nothing relies on the size of a store but the words, which are 8 bytes and aligned.
/// What is read before the check may be anything, so lengths and positions are checked against the ring before they are followed. A version comes round after 8.8 trillion changes of one bucket, within one read.
/// </para>
/// </summary>
/// <remarks>One version per bucket and not per row: it lies in the line that a lookup reads anyway, and a write disturbs readers of at most six other rows.</remarks>
internal sealed unsafe partial class HotTierShard
{
    /// <summary>A ticket that keeps nothing.</summary>
    internal const ulong NoTicket = Changing;

    private const ulong Changing = 1;
    private const ulong VersionOne = 2;
    private const int WriterShift = 44;
    private const ulong WriterOne = 1UL << WriterShift;
    private const ulong WriterMask = ~(WriterOne - 1);
    private const ulong VersionMask = WriterOne - VersionOne;

    private const int SlotCount = 7;
    private const int BucketLength = (SlotCount + 1) * sizeof(ulong);
    private const int PositionBits = 44;
    private const ulong PositionMask = (1UL << PositionBits) - 1;
    private const ulong Used = 1UL << PositionBits;
    private const int TagShift = 48;
    private const int HashTagShift = 32;

    // A reader that is disturbed so often asks the row store.
    private const int Attempts = 3;

    // Lines of a row that are fetched ahead: its head, key and 32 floats.
    private const int PrefetchedLines = 4;

    private readonly HotTierMemory _memory;
    private readonly byte* _buckets;
    private readonly ulong _bucketCount;
    private readonly byte* _ring;
    private readonly long _ringLength;
    private readonly byte* _scratch;
    private readonly Lock _gate = new();

    /// <summary>Lays out a part of a memory.</summary>
    /// <param name="memory">The memory.</param>
    /// <param name="offset">Where the part starts, a multiple of 64.</param>
    /// <param name="length">Its length, a multiple of 64, at least 4 KiB.</param>
    internal HotTierShard(HotTierMemory memory, long offset, long length)
    {
        _memory = memory;
        _bucketCount = (ulong)Math.Min(length / IndexShare / BucketLength, uint.MaxValue);
        _buckets = memory.Start + offset;
        var indexLength = (long)_bucketCount * BucketLength;
        MaximumRecordLength = (int)Math.Min(MaximumRecord, (length - indexLength) / RecordsAtLeast) & ~(RecordAlignment - 1);
        _ring = _buckets + indexLength;
        _ringLength = (length - indexLength - MaximumRecordLength) & ~(long)(RecordAlignment - 1);
        _scratch = _ring + _ringLength;
        NativeMemory.Clear(_buckets, (nuint)indexLength);
    }

    /// <summary>Asks for the memory of a key's bucket.</summary>
    /// <param name="hash">Hash of the key.</param>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    internal void PrefetchBucket(ulong hash) => MemoryPrefetch.Line(BucketOf(hash));

    /// <summary>Asks for the memory of a key's row, if the bucket has one that looks like it.</summary>
    /// <param name="hash">Hash of the key.</param>
    internal void PrefetchRow(ulong hash)
    {
        var slots = BucketOf(hash) + 1;
        var tag = TagOf(hash);
        for (var i = 0; i < SlotCount; i++)
        {
            var slot = Volatile.Read(ref slots[i]);
            if (slot >> TagShift == tag && (slot & PositionMask) != 0)
            {
                MemoryPrefetch.Lines(_ring + PositionOf(slot), PrefetchedLines);
                return;
            }
        }
    }

    /// <summary>Copies the row of a key.</summary>
    /// <param name="hash">Hash of the key.</param>
    /// <param name="key">The key.</param>
    /// <param name="row">Receives the row; replaced by a longer one when it is too short.</param>
    /// <param name="length">Length of the row.</param>
    /// <param name="ticket">When the row was not found: what <see cref="Fill"/> needs to keep what the row store has.</param>
    /// <returns>False when it is not here, or nobody can say so now.</returns>
    internal bool TryRead(ulong hash, ReadOnlySpan<byte> key, ref byte[] row, out int length, out ulong ticket)
    {
        var bucket = BucketOf(hash);
        for (var attempt = 0; attempt < Attempts; attempt++)
        {
            var word = Volatile.Read(ref *bucket);
            if ((word & (Changing | WriterMask)) != 0)
            {
                break;
            }

            var index = Find(bucket, hash, key, out var slot);
            length = index < 0 ? 0 : Copy(PositionOf(slot), ref row);
            Volatile.ReadBarrier();
            if (Volatile.Read(ref *bucket) == word)
            {
                if (index >= 0 && (slot & Used) == 0)
                {
                    // Lost if the slot changes at this moment, and then it does not matter.
                    Interlocked.CompareExchange(ref bucket[1 + index], slot | Used, slot);
                }

                ticket = word;
                GC.KeepAlive(_memory);
                return index >= 0;
            }
        }

        length = 0;
        ticket = NoTicket;
        return false;
    }

    private static ulong TagOf(ulong hash) => (hash >> HashTagShift) & 0xFFFF;

    private static long PositionOf(ulong slot) => (long)((slot & PositionMask) - 1) * RecordAlignment;

    private static ulong SlotOf(ulong hash, long position) => (TagOf(hash) << TagShift) | (ulong)((position / RecordAlignment) + 1);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private ulong* BucketOf(ulong hash) => (ulong*)(_buckets + ((((uint)hash * _bucketCount) >> 32) * BucketLength));

    /// <summary>The slot of a key, or -1. Without the lock the answer counts only if the word of the bucket stays the same.</summary>
    private int Find(ulong* bucket, ulong hash, ReadOnlySpan<byte> key, out ulong slot)
    {
        var tag = TagOf(hash);
        for (var i = 0; i < SlotCount; i++)
        {
            slot = Volatile.Read(ref bucket[1 + i]);
            if (slot >> TagShift != tag || (slot & PositionMask) == 0)
            {
                continue;
            }

            // The row comes while its key is compared.
            MemoryPrefetch.Lines(_ring + PositionOf(slot), PrefetchedLines);
            if (HasKey(PositionOf(slot), key))
            {
                return i;
            }
        }

        slot = 0;
        return -1;
    }

    private bool HasKey(long position, ReadOnlySpan<byte> key)
    {
        var record = (RecordHeader*)(_ring + position);
        return record->KeyLength == key.Length
            && position + sizeof(RecordHeader) + key.Length <= _ringLength
            && key.SequenceEqual(new ReadOnlySpan<byte>(record + 1, key.Length));
    }

    private int Copy(long position, ref byte[] row)
    {
        var record = (RecordHeader*)(_ring + position);
        var (keyLength, rowLength) = (record->KeyLength, record->RowLength);
        if ((uint)keyLength > MaximumRecord || (uint)rowLength > MaximumRecord || position + LengthOf(keyLength, rowLength) > _ringLength)
        {
            return 0;
        }

        if (rowLength > row.Length)
        {
            row = new byte[Math.Max(rowLength, 2 * row.Length)];
        }

        new ReadOnlySpan<byte>(_ring + position + RowOffset(keyLength), rowLength).CopyTo(row);
        return rowLength;
    }
}
