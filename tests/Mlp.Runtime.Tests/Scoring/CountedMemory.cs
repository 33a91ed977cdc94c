using System.Runtime.InteropServices;
using Apache.Arrow;
using Apache.Arrow.Memory;

namespace Mlp.Runtime.Tests.Scoring;

/// <summary>Memory of an Arrow column that tells when it is freed.</summary>
internal sealed class CountedMemory
{
    private CountedMemory(ArrowBuffer buffer) => Buffer = buffer;

    public ArrowBuffer Buffer { get; }

    public static CountedMemory Create(int length, Action freed)
    {
        var native = new NativeBuffer<float, FreedTracker>(length, zeroFill: true, new FreedTracker(freed));
        return new CountedMemory(native.Build());
    }

    public void Fill(float value) => MemoryMarshal.Cast<byte, float>(MemoryMarshal.AsMemory(Buffer.Memory).Span).Fill(value);

    /// <summary>Hears of memory that comes and goes.</summary>
    private readonly struct FreedTracker(Action freed) : INativeAllocationTracker
    {
        public void Track(int count, long size)
        {
            if (count < 0 || size < 0)
            {
                freed();
            }
        }
    }
}
