using System.Numerics;
using System.Runtime.InteropServices;
using Mlp.Runtime.Interop;

namespace Mlp.Monitoring.PredictionLog;

/// <summary>
/// A bounded queue of records of any length in memory that is allocated once: many threads put, one takes. Putting never waits: it claims room by one compare-and-swap, or says that there is none.
/// </summary>
/// <remarks>
/// The many-to-one ring buffer of the Agrona library (Thompson et al.). A record is a header word (its length in words and what became of it, written last, so that it also says "complete") and a body.
/// Positions grow for ever and are cut to the ring by a mask. The one that takes clears what it took before it gives the room back, so that a header reads 0 until its record is complete.
/// A record never wraps: what is left at the end of the ring is filled by a record without a body, which is skipped.
/// One word holds the position of the tail and the number of claims, both cut to the bits that tell how far they are ahead of what was taken: claims are counted by the same exchange that makes them.
/// </remarks>
internal sealed class RecordRing
{
    /// <summary>The lower half of the tail's word is the position, in words; then come the claims, and this bit says that there are no more.</summary>
    private const long SealMark = 1L << 62;

    private const int ClaimShift = 32;
    private const long OneClaim = 1L << ClaimShift;
    private const long ClaimBits = SealMark - OneClaim;

    /// <summary>The lower bits of a header say what became of a record; above them stands its length.</summary>
    private const int LengthShift = 2;

    private const long Complete = 1;
    private const long Abandoned = 2;
    private const long Filler = 3;

    /// <summary>Of longer records the processor foresees the rest.</summary>
    private const int PrefetchedWords = 64;

    private readonly long[] _words;
    private readonly int _mask;
    private readonly int _quarterShift;
    private PaddedCounter _tail;
    private PaddedCounter _head;
    private PaddedCounter _taken;
    private int _peeked;

    /// <summary>Allocates the ring.</summary>
    /// <param name="byteCount">Bytes, rounded up to a power of two, at least 1 KiB.</param>
    public RecordRing(int byteCount)
    {
        var words = (int)BitOperations.RoundUpToPowerOf2((uint)Math.Max(byteCount, 1024) / sizeof(long));
        _words = new long[words];
        _mask = words - 1;
        _quarterShift = BitOperations.Log2((uint)words) - 2;
    }

    /// <summary>The longest body, in bytes: a quarter of the ring, so that one record cannot starve the others.</summary>
    public int MaximumBodyLength => ((_words.Length / 4) - 1) * sizeof(long);

    /// <summary>Bytes of the ring.</summary>
    public int Capacity => _words.Length * sizeof(long);

    /// <summary>Where the next record will be put. Everything put before the call lies in front of it. For the one thread that takes.</summary>
    public long Tail => _head.Value + ((uint)Volatile.Read(ref _tail.Value) - (uint)_head.Value);

    /// <summary>How often room was claimed. For any thread.</summary>
    public long ClaimCount
    {
        get
        {
            var taken = Volatile.Read(ref _taken.Value);
            return taken + ((((Volatile.Read(ref _tail.Value) & ClaimBits) >> ClaimShift) - taken) & (ClaimBits >> ClaimShift));
        }
    }

    /// <summary>Whether the ring takes nothing any more.</summary>
    public bool IsSealed => Volatile.Read(ref _tail.Value) >= SealMark;

    /// <summary>Where the next record will be taken.</summary>
    public long Head => Volatile.Read(ref _head.Value);

    /// <summary>Claims room for a record. Each claim must be followed by <see cref="Commit"/> or <see cref="Abandon"/>, or the ring stands still.</summary>
    /// <param name="bodyLength">Bytes of the body, 0 to <see cref="MaximumBodyLength"/>.</param>
    /// <param name="claim">Names the room.</param>
    /// <param name="body">The room, at least <paramref name="bodyLength"/> bytes, aligned to 8 and all zero.</param>
    /// <returns>False if the ring is full.</returns>
    public bool TryClaim(int bodyLength, out int claim, out Span<byte> body)
    {
        var needed = WordsOf(bodyLength);
        while (true)
        {
            var tail = Volatile.Read(ref _tail.Value);
            var offset = (int)tail & _mask;
            var rest = _words.Length - offset;
            var skipped = needed > rest ? rest : 0;
            var used = (int)((uint)tail - (uint)Volatile.Read(ref _head.Value));
            if (used + skipped + needed > _words.Length || tail >= SealMark)
            {
                claim = -1;
                body = default;
                return false;
            }

            var next = ((tail + OneClaim) & ClaimBits) | ((uint)tail + (uint)(skipped + needed));
            if (Interlocked.CompareExchange(ref _tail.Value, next, tail) != tail)
            {
                continue;
            }

            if (skipped > 0)
            {
                Volatile.Write(ref _words[offset], ((long)skipped << LengthShift) | Filler);
                offset = 0;
            }

            // Nobody has been there for a whole round, so the room of the next record, most likely as long as this one, is fetched while this one is copied.
            var end = offset + needed;
            CacheLines.Prefetch(_words.AsSpan(end, Math.Min(Math.Min(needed, PrefetchedWords), _words.Length - end)));
            claim = offset;
            body = MemoryMarshal.AsBytes(_words.AsSpan(offset + 1, needed - 1));
            return true;
        }
    }

    /// <summary>Whether a record is the first that reaches into a quarter of the ring: a few times in a round, so that whoever takes can be told of it at no cost to the others.</summary>
    /// <param name="claim">What <see cref="TryClaim"/> gave.</param>
    /// <param name="bodyLength">The length that was claimed.</param>
    public bool EntersQuarter(int claim, int bodyLength) => claim >> _quarterShift != (claim + WordsOf(bodyLength)) >> _quarterShift;

    /// <summary>Hands a complete record over.</summary>
    /// <param name="claim">What <see cref="TryClaim"/> gave.</param>
    /// <param name="bodyLength">The length that was claimed.</param>
    public void Commit(int claim, int bodyLength) => Volatile.Write(ref _words[claim], ((long)WordsOf(bodyLength) << LengthShift) | Complete);

    /// <summary>Gives a claim back unused.</summary>
    /// <param name="claim">What <see cref="TryClaim"/> gave.</param>
    /// <param name="bodyLength">The length that was claimed.</param>
    public void Abandon(int claim, int bodyLength) => Volatile.Write(ref _words[claim], ((long)WordsOf(bodyLength) << LengthShift) | Abandoned);

    /// <summary>Takes nothing from now on. What was claimed before is still completed and can be taken.</summary>
    public void Seal() => Interlocked.Or(ref _tail.Value, SealMark);

    /// <summary>Everything that lies in the ring, by the positions of <see cref="Peek"/>.</summary>
    public ReadOnlySpan<byte> Memory => MemoryMarshal.AsBytes(_words.AsSpan());

    /// <summary>Looks at the oldest records. For the one thread that takes.</summary>
    /// <param name="bodies">Gets where in <see cref="Memory"/> the bodies begin, in order; they are valid until <see cref="Take"/>.</param>
    /// <param name="end">A position; records from it on are not looked at.</param>
    /// <param name="next">Where the record behind the last one begins: what to <see cref="Take"/>.</param>
    /// <returns>Number of records; 0 if there is none before <paramref name="end"/>, or if the oldest is not complete yet.</returns>
    public int Peek(Span<int> bodies, long end, out long next)
    {
        var count = 0;
        _peeked = 0;
        next = _head.Value;
        while (count < bodies.Length && next < end)
        {
            var offset = (int)next & _mask;
            var header = Volatile.Read(ref _words[offset]);
            if (header == 0)
            {
                break;
            }

            var fate = header & Filler;
            if (fate == Complete)
            {
                bodies[count++] = (offset + 1) * sizeof(long);
            }

            _peeked += fate == Filler ? 0 : 1;
            next += header >> LengthShift;
        }

        return count;
    }

    /// <summary>Removes what lies before a position.</summary>
    /// <param name="next">What the last <see cref="Peek"/> gave.</param>
    public void Take(long next)
    {
        var start = (int)_head.Value & _mask;
        var words = (int)(next - _head.Value);
        var atEnd = Math.Min(words, _words.Length - start);
        _words.AsSpan(start, atEnd).Clear();
        _words.AsSpan(0, words - atEnd).Clear();
        Volatile.Write(ref _head.Value, next);
        Volatile.Write(ref _taken.Value, _taken.Value + _peeked);
        _peeked = 0;
    }

    private static int WordsOf(int bodyLength) => 1 + ((bodyLength + sizeof(long) - 1) / sizeof(long));
}
