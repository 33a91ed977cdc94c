using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using Mlp.Training.Distributed.Collectives.Interop;

namespace Mlp.Training.Distributed.Collectives.Tcp.Interop;

/// <summary>Reduces this rank's values with those of the others where they lie: in shared memory or in the links' buffers.</summary>
internal static unsafe class PeerReduction
{
    /// <summary>The address of memory that does not move.</summary>
    public static nint AddressOf(ReadOnlySpan<byte> pinned) => (nint)Unsafe.AsPointer(ref MemoryMarshal.GetReference(pinned));

    /// <summary>Reduces in the order of ranks.</summary>
    /// <param name="call">Says type and operation.</param>
    /// <param name="sources">Addresses by rank; this rank's is filled in here.</param>
    /// <param name="rank">This rank.</param>
    /// <param name="own">Its values.</param>
    /// <param name="target">Gets the reduced values; may be the same memory.</param>
    public static void Run(in CollectiveCall call, Span<nint> sources, int rank, ReadOnlySpan<byte> own, Span<byte> target)
    {
        fixed (byte* from = own, to = target)
        {
            sources[rank] = (nint)from;
            FusedReduction.Run(call.Element, call.Operation, sources, [(nint)to], own.Length / ElementTypes.SizeOf(call.Element));
        }
    }
}
