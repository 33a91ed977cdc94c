using System.Runtime.Intrinsics;

namespace Mlp.Training.Distributed.Collectives.Interop;

/// <summary>How two values become one.</summary>
internal interface IReduction<T>
    where T : unmanaged
{
    /// <summary>For vectors.</summary>
    static abstract Vector512<T> Apply(Vector512<T> left, Vector512<T> right);

    /// <summary>For one value: the scalar twin.</summary>
    static abstract T Apply(T left, T right);
}
