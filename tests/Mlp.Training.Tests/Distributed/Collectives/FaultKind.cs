namespace Mlp.Training.Tests.Distributed.Collectives;

/// <summary>What can happen to a rank at a call.</summary>
public enum FaultKind
{
    /// <summary>Nothing.</summary>
    None,

    /// <summary>It throws and makes no call any more.</summary>
    Kill,

    /// <summary>It comes late.</summary>
    Delay,

    /// <summary>It leaves the call out and goes on.</summary>
    Drop,

    /// <summary>It does not come before it is let go.</summary>
    Stall,

    /// <summary>It makes the call, and then throws.</summary>
    KillAfter,
}
