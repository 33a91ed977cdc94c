using System.Buffers.Binary;
using System.Security.Cryptography;

namespace Mlp.Runtime.Predictions;

/// <summary>
/// Makes prediction ids: UUID version 7 (RFC 9562, section 5.7), monotonic on each thread by the random counter of section 6.2.
/// <para>
/// Each thread has its own generator, seeded by the operating system. In a new millisecond the 74 bits below the time are random, their first bit 0 so that they have room to count;
/// within a millisecond they grow by a random step of 1 to 2^32. Two threads meet only if 73 random bits do. A clock that goes backwards is not followed: the thread goes on counting in its latest millisecond.
/// </para>
/// Thread-safe; allocates once per thread.
/// </summary>
internal static class PredictionIdGenerator
{
    private const ulong Version7 = 0x7000;
    private const ulong Variant = 1UL << 63;
    private const ulong LowMask = (1UL << 62) - 1;
    private const ulong HighMask = (1UL << 12) - 1;
    private const long MaximumMilliseconds = (1L << 48) - 1;

    [ThreadStatic]
    private static ThreadState? _state;

    /// <summary>Makes the next id of this thread.</summary>
    /// <param name="unixMilliseconds">The time, milliseconds since the Unix epoch, 0 to 2^48 - 1; a time outside is taken as the nearest one inside.</param>
    /// <returns>An id greater than every id this thread has made before.</returns>
    public static PredictionId Next(long unixMilliseconds) => (_state ??= new ThreadState()).Next(unixMilliseconds);

    private sealed class ThreadState
    {
        private ulong _random;
        private long _milliseconds = -1;
        private ulong _high;
        private ulong _low;

        public ThreadState()
        {
            Span<byte> seed = stackalloc byte[sizeof(ulong)];
            RandomNumberGenerator.Fill(seed);
            _random = BinaryPrimitives.ReadUInt64LittleEndian(seed);
        }

        public PredictionId Next(long unixMilliseconds)
        {
            var milliseconds = Math.Clamp(unixMilliseconds, 0, MaximumMilliseconds);
            if (milliseconds > _milliseconds)
            {
                _milliseconds = milliseconds;
                _high = NextRandom() & (HighMask >> 1);
                _low = NextRandom() & LowMask;
            }
            else
            {
                Count();
            }

            return new PredictionId(((ulong)_milliseconds << 16) | Version7 | _high, Variant | _low);
        }

        private void Count()
        {
            _low += (NextRandom() >> 32) + 1;
            if (_low <= LowMask)
            {
                return;
            }

            _low &= LowMask;
            if (++_high > HighMask)
            {
                // 2^73 ids in one millisecond of a clock that stands still: go on in the next one.
                _high = 0;
                _milliseconds = Math.Min(_milliseconds + 1, MaximumMilliseconds);
            }
        }

        /// <summary>SplitMix64: Steele, Lea and Flood, "Fast splittable pseudorandom number generators" (2014), section 5. Every thread's sequence has all 2^64 values.</summary>
        private ulong NextRandom()
        {
            var z = _random += 0x9E3779B97F4A7C15;
            z = (z ^ (z >> 30)) * 0xBF58476D1CE4E5B9;
            z = (z ^ (z >> 27)) * 0x94D049BB133111EB;
            return z ^ (z >> 31);
        }
    }
}
