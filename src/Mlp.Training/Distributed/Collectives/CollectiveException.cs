using Mlp.Runtime;

namespace Mlp.Training.Distributed.Collectives;

/// <summary>
/// A call that ranks make together has failed. Every rank of the group gets one, and the group is of no more use: later calls throw the same. The sentence names the rank that is to blame, the call
/// and the tensor.
/// </summary>
/// <param name="message">The sentence: what was expected, what was found, where.</param>
/// <param name="innerException">What lies below; null for nothing.</param>
public class CollectiveException(string message, Exception? innerException = null) : MlPlatformException(message, innerException)
{
    /// <summary>The ranks that are to blame; empty where none is known.</summary>
    public IReadOnlyList<int> Ranks { get; init; } = [];

    /// <summary>The call; null where it was none of one.</summary>
    public CollectiveKind? Call { get; init; }

    /// <summary>Number of the call in its group, from 0; -1 where it was none of one.</summary>
    public long Sequence { get; init; } = -1;

    /// <summary>The name that the caller gave to what was moved; null for none.</summary>
    public string? Tensor { get; init; }
}
