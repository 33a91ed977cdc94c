using System.Buffers;
using Apache.Arrow.Memory;

namespace Mlp.Monitoring.Segments;

/// <summary>
/// Gives Arrow memory of the garbage collector, so that a batch which was read, and every slice of it, is good as long as somebody holds it.
/// (A batch from the default allocator frees its memory on disposal although slices share it.) Thread-safe.
/// </summary>
internal sealed class ManagedAllocator : MemoryAllocator
{
    private ManagedAllocator()
    {
    }

    /// <summary>The only instance.</summary>
    public static ManagedAllocator Instance { get; } = new();

    protected override IMemoryOwner<byte> AllocateInternal(int length, out int bytesAllocated)
    {
        bytesAllocated = length;
        return new Owner(GC.AllocateUninitializedArray<byte>(length));
    }

    private sealed class Owner(byte[] bytes) : IMemoryOwner<byte>
    {
        public Memory<byte> Memory => bytes;

        public void Dispose()
        {
            // The garbage collector owns it.
        }
    }
}
