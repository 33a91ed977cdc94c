using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;

namespace Mlp.Runtime.Kernels.Steps;

/// <summary>
/// The exponential function of float32. 2^n is taken out by x = n ln 2 + r with |r| ≤ ln 2 / 2 (ln 2 in two parts, so that r is exact to the last bits), and exp(r) is a polynomial of
/// degree 6 (Cephes, expf). Relative error below 2.5e-7; NaN stays NaN, what is too great is infinite, and what is too small is 0.
/// </summary>
internal static class Exponential
{
    private const float Greatest = 88.72284f;
    private const float Least = -87.33654f;

    /// <summary>exp of each element.</summary>
    /// <param name="x">The elements.</param>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector512<float> Of(Vector512<float> x)
    {
        var n = Vector512.Floor((x * Vector512.Create(1.44269504f)) + Vector512.Create(0.5f));
        var clamped = Vector512.Min(Vector512.Max(n, Vector512.Create(-126f)), Vector512.Create(128f));
        var r = x - (clamped * Vector512.Create(0.693359375f)) - (clamped * Vector512.Create(-2.12194440e-4f));
        var p = Vector512.Create(1.9875691500e-4f);
        p = (p * r) + Vector512.Create(1.3981999507e-3f);
        p = (p * r) + Vector512.Create(8.3334519073e-3f);
        p = (p * r) + Vector512.Create(4.1665795894e-2f);
        p = (p * r) + Vector512.Create(1.6666665459e-1f);
        p = (p * r) + Vector512.Create(5.0000001201e-1f);
        p = (p * r * r) + r + Vector512<float>.One;

        // 2^n in two factors, for 2^128 is no float32.
        var half = Vector512.ConvertToInt32(Vector512.ConditionalSelect(Vector512.Equals(clamped, clamped), clamped, Vector512<float>.Zero));
        var first = half >> 1;
        var result = p * PowerOfTwo(first) * PowerOfTwo(half - first);
        result = Vector512.ConditionalSelect(Vector512.GreaterThan(x, Vector512.Create(Greatest)), Vector512.Create(float.PositiveInfinity), result);
        result = Vector512.ConditionalSelect(Vector512.LessThan(x, Vector512.Create(Least)), Vector512<float>.Zero, result);
        return Vector512.ConditionalSelect(Vector512.Equals(x, x), result, x);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector512<float> PowerOfTwo(Vector512<int> exponent) => ((exponent + Vector512.Create(127)) << 23).AsSingle();
}
