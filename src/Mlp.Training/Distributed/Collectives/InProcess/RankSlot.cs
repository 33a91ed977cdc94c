using System.Runtime.InteropServices;

namespace Mlp.Training.Distributed.Collectives.InProcess;

/// <summary>Where a rank stands. What others read while they wait lies on cache lines of its own, so that a rank's step is one line's journey.</summary>
[StructLayout(LayoutKind.Explicit, Size = 384)]
internal struct RankSlot
{
    /// <summary>Number of the last point that the rank has reached; written by the rank alone.</summary>
    [FieldOffset(128)]
    public long Phase;

    /// <summary>1 while the rank sleeps or is about to.</summary>
    [FieldOffset(136)]
    public int Parked;

    /// <summary>1 when the rank has left for good.</summary>
    [FieldOffset(140)]
    public int Left;

    /// <summary>Calls that the rank has come to; read by the rank alone.</summary>
    [FieldOffset(256)]
    public long Arrivals;
}
