using System.Numerics;
using System.Runtime.Intrinsics;

namespace Mlp.Runtime.Kernels.Steps;

/// <summary>An operation on two numbers.</summary>
internal interface IArithmetic
{
    static abstract T Apply<T>(T left, T right)
        where T : unmanaged, IBinaryFloatingPointIeee754<T>;

    static abstract Vector512<T> Apply<T>(Vector512<T> left, Vector512<T> right)
        where T : unmanaged, IBinaryFloatingPointIeee754<T>;
}
