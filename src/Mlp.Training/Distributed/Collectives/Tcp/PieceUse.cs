namespace Mlp.Training.Distributed.Collectives.Tcp;

/// <summary>What a rank does with values that come.</summary>
internal enum PieceUse
{
    /// <summary>Puts them in their place.</summary>
    Keep,

    /// <summary>Combines them with its own.</summary>
    Combine,

    /// <summary>Combines them with its own, and is the last to do so: an average is divided now.</summary>
    Finish,
}
