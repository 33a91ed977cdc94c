namespace Mlp.Training.Distributed.Collectives.InProcess;

/// <summary>What a rank shows to the others when it comes to a call.</summary>
/// <param name="call">The call.</param>
/// <param name="source">Address of the values that it gives, pinned until the rank leaves the call.</param>
/// <param name="target">Address of the values that it gets, pinned likewise.</param>
/// <param name="ranks">The ranks of its new group, for Split.</param>
internal readonly struct PublishedCall(in CollectiveCall call, nint source, nint target, IReadOnlyList<int>? ranks = null)
{
    /// <summary>The call; a field, so that it is compared where it lies.</summary>
    public readonly CollectiveCall Call = call;

    /// <summary>Address of the values that the rank gives.</summary>
    public readonly nint Source = source;

    /// <summary>Address of the values that it gets.</summary>
    public readonly nint Target = target;

    /// <summary>The ranks of its new group; null but for Split.</summary>
    public readonly IReadOnlyList<int>? Ranks = ranks;
}
