using System.Runtime.InteropServices;

namespace Mlp.Training.Distributed.Collectives;

/// <summary>A call over memory of one type.</summary>
internal sealed class CollectiveHandle<T>(in CollectiveCall call, long ticket, ReadOnlyMemory<T> source, Memory<T> target) : CollectiveHandle(call, ticket)
    where T : unmanaged
{
    internal override void Run(ProcessGroup group) => group.Move(this, MemoryMarshal.AsBytes(source.Span), MemoryMarshal.AsBytes(target.Span));
}
