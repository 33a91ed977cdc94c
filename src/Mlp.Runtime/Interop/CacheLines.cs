using System.Runtime.Intrinsics.X86;

namespace Mlp.Runtime.Interop;

/// <summary>Asks the processor to bring memory near before it is needed. Changes nothing but the time that the next access takes, and does nothing where the processor cannot be asked.</summary>
internal static unsafe class CacheLines
{
    private const int WordsPerLine = 8;

    /// <summary>Brings memory into the nearest cache, without waiting for it.</summary>
    /// <param name="words">The memory. A few lines: the processor fetches some ten at a time, and finds out by itself that a long block is read in order.</param>
    public static void Prefetch(ReadOnlySpan<long> words)
    {
        if (!Sse.IsSupported)
        {
            return;
        }

        fixed (long* first = words)
        {
            for (var i = 0; i < words.Length; i += WordsPerLine)
            {
                Sse.Prefetch0(first + i);
            }
        }
    }
}
