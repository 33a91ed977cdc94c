using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics.X86;

namespace Mlp.Features.Interop;

/// <summary>Asks the processor to bring memory near before it is read. A hint: where .NET has no instruction for it (ARM), the reads come one by one and cost more.</summary>
internal static unsafe class MemoryPrefetch
{
    private const int CacheLine = 64;

    /// <summary>Brings a cache line near.</summary>
    /// <param name="address">Any address; it is not read, so it need not be valid.</param>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    internal static void Line(void* address)
    {
        if (Sse.IsSupported)
        {
            Sse.Prefetch0(address);
        }
    }

    /// <summary>Brings some neighbouring cache lines near.</summary>
    /// <param name="address">Any address.</param>
    /// <param name="lines">Number of lines.</param>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    internal static void Lines(byte* address, int lines)
    {
        for (var i = 0; i < lines; i++)
        {
            Line(address + (i * CacheLine));
        }
    }
}
