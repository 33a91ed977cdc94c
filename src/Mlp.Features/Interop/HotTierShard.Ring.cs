using System.Diagnostics;
using System.Runtime.InteropServices;
using Mlp.Features.Online;

namespace Mlp.Features.Interop;

/// <content>
/// The ring: records from the tail (oldest) to the head (newest), one behind the other. A record that no slot leads to is overwritten at once and goes, as a filler, when the tail reaches it; a filler takes the rest before the end of the memory too.
/// <code>record = hash (u64), length of the key (i32), length of the row (i32), key, padding to 8, row, padding to 16</code>
/// </content>
internal sealed unsafe partial class HotTierShard
{
    private const int RecordAlignment = 16;
    private const int RowAlignment = 8;
    private const int MaximumRecord = 64 << 10;

    // An eighth of the memory is index: a line of seven slots for every 448 bytes of rows.
    private const int IndexShare = 8;
    private const int RecordsAtLeast = 8;
    private const int Filler = -1;

    // How many rows may get another chance before one must go.
    private const int SecondChances = 8;

    private long _head;
    private long _tail;
    private long _takenLength;
    private long _liveLength;
    private long _evictions;
    private uint _turn;

    /// <summary>The greatest length of a record with head and padding; longer rows stay in the row store.</summary>
    internal int MaximumRecordLength { get; }

    /// <summary>Bytes of the rows that can be found, with their keys, heads and padding.</summary>
    internal long LiveLength => Volatile.Read(ref _liveLength);

    private static int RowOffset(int keyLength) => sizeof(RecordHeader) + ((keyLength + RowAlignment - 1) & ~(RowAlignment - 1));

    private static long LengthOf(int keyLength, int rowLength) => ((long)RowOffset(keyLength) + rowLength + RecordAlignment - 1) & ~(long)(RecordAlignment - 1);

    private Span<byte> RowOf(long position)
    {
        var record = (RecordHeader*)(_ring + position);
        return new Span<byte>(_ring + position + RowOffset(record->KeyLength), record->RowLength);
    }

    /// <summary>Takes room at the head; the oldest rows go until there is enough.</summary>
    private long MakeRoom(long length)
    {
        var chances = SecondChances;
        long position;
        while (!TryTake(length, out position))
        {
            RetireOldest(ref chances);
        }

        return position;
    }

    private bool TryTake(long length, out long position)
    {
        if (_takenLength == 0)
        {
            _head = _tail = 0;
        }

        position = _head;
        var isFull = _takenLength == _ringLength;
        var room = isFull ? 0 : _head >= _tail ? _ringLength - _head : _tail - _head;
        if (room < length && !isFull && _head >= _tail)
        {
            // The rest before the end is too short. The free part goes on at the start.
            if (room > 0)
            {
                *(RecordHeader*)(_ring + _head) = new RecordHeader(0, Filler, (int)room);
                _takenLength += room;
            }

            position = _head = 0;
            room = _tail;
        }

        if (room < length)
        {
            return false;
        }

        _head = position + length == _ringLength ? 0 : position + length;
        _takenLength += length;
        return true;
    }

    private void RetireOldest(ref int chances)
    {
        var position = _tail;
        var header = *(RecordHeader*)(_ring + position);
        var length = header.KeyLength == Filler ? header.RowLength : LengthOf(header.KeyLength, header.RowLength);
        _tail = position + length == _ringLength ? 0 : position + length;
        _takenLength -= length;
        if (header.KeyLength == Filler)
        {
            return;
        }

        var index = FindPosition(header.Hash, position);
        Debug.Assert(index >= 0, "A record without a slot that is no filler.");

        var bucket = BucketOf(header.Hash);
        var isUsed = (bucket[1 + index] & Used) != 0;
        if (isUsed && chances-- > 0)
        {
            NativeMemory.Copy(_ring + position, _scratch, (nuint)length);
            Remove(bucket, index);
            var isMoved = TryTake(length, out var moved);
            if (isMoved)
            {
                NativeMemory.Copy(_scratch, _ring + moved, (nuint)length);
                Link(bucket, index, SlotOf(header.Hash, moved), length);
            }

            NativeMemory.Clear(_scratch, (nuint)length);
            if (isMoved)
            {
                return;
            }
        }
        else
        {
            Remove(bucket, index);
        }

        _evictions++;
    }

    /// <summary>Removes all rows of a view.</summary>
    /// <param name="viewId">Number of the view.</param>
    internal void RemoveView(uint viewId)
    {
        lock (_gate)
        {
            var position = _tail;
            for (var left = _takenLength; left > 0;)
            {
                var record = (RecordHeader*)(_ring + position);
                var isFiller = record->KeyLength == Filler;
                var length = isFiller ? record->RowLength : LengthOf(record->KeyLength, record->RowLength);
                if (!isFiller && OnlineView.ReadViewId(new ReadOnlySpan<byte>(record + 1, record->KeyLength)) == viewId)
                {
                    Remove(BucketOf(record->Hash), FindPosition(record->Hash, position));
                }

                position = position + length == _ringLength ? 0 : position + length;
                left -= length;
            }

            // Tickets of misses from before count no more.
            for (ulong i = 0; i < _bucketCount; i++)
            {
                var bucket = (ulong*)(_buckets + (i * BucketLength));
                Volatile.Write(ref *bucket, Raised(*bucket));
            }
        }
    }

    /// <summary>The slot that leads to a record, or -1 when it is dead.</summary>
    private int FindPosition(ulong hash, long position)
    {
        var bucket = BucketOf(hash);
        for (var i = 0; i < SlotCount; i++)
        {
            if ((bucket[1 + i] & PositionMask) != 0 && PositionOf(bucket[1 + i]) == position)
            {
                return i;
            }
        }

        return -1;
    }

    [StructLayout(LayoutKind.Sequential)]
    private readonly record struct RecordHeader(ulong Hash, int KeyLength, int RowLength);
}
