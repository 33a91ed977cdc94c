using System.Runtime.InteropServices;

namespace Mlp.Monitoring.PredictionLog;

/// <summary>A counter that shares its cache line with nothing, so that threads which count side by side do not slow each other down.</summary>
[StructLayout(LayoutKind.Explicit, Size = 256)]
internal struct PaddedCounter
{
    /// <summary>The count; touch it by <see cref="Volatile"/> or <see cref="Interlocked"/>.</summary>
    [FieldOffset(128)]
    public long Value;
}
