namespace Mlp.Training.Distributed.Collectives.Tcp.Control;

/// <summary>What a rank reports. The numbers travel between processes.</summary>
internal enum TroubleKind : byte
{
    /// <summary>A call has not ended in time.</summary>
    Timeout = 1,

    /// <summary>Another rank makes another call.</summary>
    Mismatch = 2,

    /// <summary>A connection has broken.</summary>
    Broken = 3,

    /// <summary>The failure is known: cancelled, aborted, foreign bytes.</summary>
    Stated = 4,

    /// <summary>Another rank has left the group.</summary>
    Left = 5,
}
