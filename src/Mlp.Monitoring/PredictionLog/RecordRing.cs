using System.Runtime.InteropServices;

namespace Mlp.Monitoring.PredictionLog;

/// <summary>
/// A bounded queue of records of any length in memory that is allocated once: many threads put, one takes. Putting never waits: it claims room by one compare-and-swap, or says that there is none.
/// </summary>
/// <remarks>
/// The many-to-one ring buffer of the Agrona library (Thompson et al.). A record is a header word (its length in words, written last, so that it also says "complete") and a body.
/// Positions grow for ever and are cut to the ring by a mask. The one that takes clears what it took before it gives the room back, so that a header reads 0 until its record is complete.
/// A record never wraps: what is left at the end of the ring is filled by a record of negative length, which is skipped.
/// </remarks>
internal sealed class RecordRing
{
    /// <summary>Added to the tail of a sealed ring, after which every claim finds it full.</summary>
    private const long SealMark = 1L << 60;

    private readonly long[] _words;
    private readonly int _mask;
    private PaddedCounter _tail;
    private PaddedCounter _head;

    /// <summary>Allocates the ring.</summary>
    /// <param name="byteCount">Bytes, rounded up to a power of two, at least 1 KiB.</param>
    public RecordRing(int byteCount)
    {
        var words = (int)System.Numerics.BitOperations.RoundUpToPowerOf2((uint)Math.Max(byteCount, 1024) / sizeof(long));
        _words = new long[words];
        _mask = words - 1;
    }

    /// <summary>The longest body, in bytes: a quarter of the ring, so that one record cannot starve the others.</summary>
    public int MaximumBodyLength => ((_words.Length / 4) - 1) * sizeof(long);

    /// <summary>Bytes of the ring.</summary>
    public int Capacity => _words.Length * sizeof(long);

    /// <summary>Where the next record will be put. Everything put before the call lies in front of it.</summary>
    public long Tail => Volatile.Read(ref _tail.Value) & (SealMark - 1);

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
            if (tail + skipped + needed - Volatile.Read(ref _head.Value) > _words.Length)
            {
                claim = -1;
                body = default;
                return false;
            }

            if (Interlocked.CompareExchange(ref _tail.Value, tail + skipped + needed, tail) != tail)
            {
                continue;
            }

            if (skipped > 0)
            {
                Volatile.Write(ref _words[offset], -skipped);
                offset = 0;
            }

            claim = offset;
            body = MemoryMarshal.AsBytes(_words.AsSpan(offset + 1, needed - 1));
            return true;
        }
    }

    /// <summary>Whether a record is the first that reaches into a quarter of the ring: a few times in a round, so that whoever takes can be told of it at no cost to the others.</summary>
    /// <param name="claim">What <see cref="TryClaim"/> gave.</param>
    /// <param name="bodyLength">The length that was claimed.</param>
    public bool EntersQuarter(int claim, int bodyLength)
    {
        var quarter = _words.Length / 4;
        return claim / quarter != (claim + WordsOf(bodyLength)) / quarter;
    }

    /// <summary>Hands a complete record over.</summary>
    /// <param name="claim">What <see cref="TryClaim"/> gave.</param>
    /// <param name="bodyLength">The length that was claimed.</param>
    public void Commit(int claim, int bodyLength) => Volatile.Write(ref _words[claim], WordsOf(bodyLength));

    /// <summary>Gives a claim back unused.</summary>
    /// <param name="claim">What <see cref="TryClaim"/> gave.</param>
    /// <param name="bodyLength">The length that was claimed.</param>
    public void Abandon(int claim, int bodyLength) => Volatile.Write(ref _words[claim], -WordsOf(bodyLength));

    /// <summary>Takes nothing from now on. What was claimed before is still completed and can be taken.</summary>
    public void Seal()
    {
        if (!IsSealed)
        {
            Interlocked.Add(ref _tail.Value, SealMark);
        }
    }

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
        next = _head.Value;
        while (count < bodies.Length && next < end)
        {
            var offset = (int)next & _mask;
            var header = Volatile.Read(ref _words[offset]);
            if (header == 0)
            {
                break;
            }

            if (header > 0)
            {
                bodies[count++] = (offset + 1) * sizeof(long);
            }

            next += Math.Abs(header);
        }

        return count;
    }

    /// <summary>Removes what lies before a position.</summary>
    /// <param name="next">What <see cref="Peek"/> gave.</param>
    public void Take(long next)
    {
        var start = (int)_head.Value & _mask;
        var words = (int)(next - _head.Value);
        var atEnd = Math.Min(words, _words.Length - start);
        _words.AsSpan(start, atEnd).Clear();
        _words.AsSpan(0, words - atEnd).Clear();
        Volatile.Write(ref _head.Value, next);
    }

    private static int WordsOf(int bodyLength) => 1 + ((bodyLength + sizeof(long) - 1) / sizeof(long));
}
