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

    /// <summary>Reduces what has come with this rank's own, in this order. An average is added up and not divided.</summary>
    /// <param name="call">Says type and operation.</param>
    /// <param name="first">What has come.</param>
    /// <param name="own">As many values of this rank.</param>
    /// <param name="target">Gets as many; may be the memory of <paramref name="own"/>.</param>
    public static void Combine(in CollectiveCall call, ReadOnlySpan<byte> first, ReadOnlySpan<byte> own, Span<byte> target)
    {
        var operation = call.Operation == ReduceOperation.Average ? ReduceOperation.Sum : call.Operation;
        fixed (byte* left = first, right = own, to = target)
        {
            FusedReduction.Run(call.Element, operation, [(nint)left, (nint)right], [(nint)to], own.Length / ElementTypes.SizeOf(call.Element));
        }
    }

    /// <summary>Divides values, rounding once.</summary>
    /// <param name="element">Their type; floating.</param>
    /// <param name="values">The values.</param>
    /// <param name="divisor">By what.</param>
    public static void Divide(ElementType element, Span<byte> values, int divisor)
    {
        fixed (byte* address = values)
        {
            WideningPass.Divide(element, address, values.Length / ElementTypes.SizeOf(element), divisor);
        }
    }
}
