using System.Buffers;
using System.Runtime.InteropServices;

namespace Mlp.Benchmarks.Scoring;

/// <summary>Pinned floats as bytes, for Arrow columns that lie in one block.</summary>
internal sealed class SlabMemory(float[] values) : MemoryManager<byte>
{
    public override Span<byte> GetSpan() => MemoryMarshal.AsBytes(values.AsSpan());

    public override MemoryHandle Pin(int elementIndex = 0) => throw new NotSupportedException("The floats are pinned already.");

    public override void Unpin()
    {
    }

    protected override void Dispose(bool disposing)
    {
    }
}
