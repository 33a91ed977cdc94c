using System.Numerics;
using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;

namespace Mlp.Runtime.Kernels.Steps;

/// <summary>The operations on two numbers.</summary>
internal static class Arithmetic
{
    internal readonly struct Add : IArithmetic
    {
        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        public static T Apply<T>(T left, T right)
            where T : unmanaged, IBinaryFloatingPointIeee754<T>
            => left + right;

        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        public static Vector512<T> Apply<T>(Vector512<T> left, Vector512<T> right)
            where T : unmanaged, IBinaryFloatingPointIeee754<T>
            => left + right;
    }

    internal readonly struct Subtract : IArithmetic
    {
        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        public static T Apply<T>(T left, T right)
            where T : unmanaged, IBinaryFloatingPointIeee754<T>
            => left - right;

        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        public static Vector512<T> Apply<T>(Vector512<T> left, Vector512<T> right)
            where T : unmanaged, IBinaryFloatingPointIeee754<T>
            => left - right;
    }

    internal readonly struct Multiply : IArithmetic
    {
        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        public static T Apply<T>(T left, T right)
            where T : unmanaged, IBinaryFloatingPointIeee754<T>
            => left * right;

        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        public static Vector512<T> Apply<T>(Vector512<T> left, Vector512<T> right)
            where T : unmanaged, IBinaryFloatingPointIeee754<T>
            => left * right;
    }

    internal readonly struct Divide : IArithmetic
    {
        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        public static T Apply<T>(T left, T right)
            where T : unmanaged, IBinaryFloatingPointIeee754<T>
            => left / right;

        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        public static Vector512<T> Apply<T>(Vector512<T> left, Vector512<T> right)
            where T : unmanaged, IBinaryFloatingPointIeee754<T>
            => left / right;
    }

    /// <summary>The greater one; NaN if one is NaN.</summary>
    internal readonly struct Maximum : IArithmetic
    {
        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        public static T Apply<T>(T left, T right)
            where T : unmanaged, IBinaryFloatingPointIeee754<T>
            => T.Max(left, right);

        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        public static Vector512<T> Apply<T>(Vector512<T> left, Vector512<T> right)
            where T : unmanaged, IBinaryFloatingPointIeee754<T>
            => Vector512.Max(left, right);
    }

    /// <summary>The lesser one; NaN if one is NaN.</summary>
    internal readonly struct Minimum : IArithmetic
    {
        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        public static T Apply<T>(T left, T right)
            where T : unmanaged, IBinaryFloatingPointIeee754<T>
            => T.Min(left, right);

        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        public static Vector512<T> Apply<T>(Vector512<T> left, Vector512<T> right)
            where T : unmanaged, IBinaryFloatingPointIeee754<T>
            => Vector512.Min(left, right);
    }
}
