using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;

namespace Mlp.Runtime.Kernels.Steps;

/// <summary>
/// The exponential function of float32 for what is divided by or into it afterwards. 2^n is taken out by x = n ln 2 + r with |r| ≤ ln 2 / 2 (ln 2 in two parts, so that r is exact to the
/// last bits), and exp(r) is a polynomial of degree 6 (Cephes, expf). Relative error below 2.5e-7 from -87.3 to 88; below that the value at -87.3, which is 1.2e-38, above it +∞. NaN
/// stays NaN.
/// </summary>
internal static class Exponential
{
    private const float Least = -87.33654f;
    private const float Greatest = 88.722f;

    /// <summary>Added to a number of moderate size it leaves the nearest integer in the last bits.</summary>
    private const float Rounding = 12_582_912f;

    private const int ExponentBits = 23;
    private const int One = 0x3f800000;

    /// <summary>exp of each element.</summary>
    /// <param name="x">The elements.</param>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector512<float> Of(Vector512<float> x)
    {
        var bounded = Vector512.MinNative(Vector512.MaxNative(x, Vector512.Create(Least)), Vector512.Create(Greatest));
        var rounded = Vector512.FusedMultiplyAdd(bounded, Vector512.Create(1.44269504f), Vector512.Create(Rounding));
        var n = rounded - Vector512.Create(Rounding);
        var r = Vector512.FusedMultiplyAdd(n, Vector512.Create(-0.693359375f), bounded);
        r = Vector512.FusedMultiplyAdd(n, Vector512.Create(2.12194440e-4f), r);
        var p = Vector512.Create(1.9875691500e-4f);
        p = Vector512.FusedMultiplyAdd(p, r, Vector512.Create(1.3981999507e-3f));
        p = Vector512.FusedMultiplyAdd(p, r, Vector512.Create(8.3334519073e-3f));
        p = Vector512.FusedMultiplyAdd(p, r, Vector512.Create(4.1665795894e-2f));
        p = Vector512.FusedMultiplyAdd(p, r, Vector512.Create(1.6666665459e-1f));
        p = Vector512.FusedMultiplyAdd(p, r, Vector512.Create(5.0000001201e-1f));
        p = Vector512.FusedMultiplyAdd(p, r * r, r + Vector512.Create(1f));
        var power = ((rounded.AsInt32() << ExponentBits) + Vector512.Create(One)).AsSingle();
        return Vector512.ConditionalSelect(Vector512.Equals(x, x), p * power, x);
    }
}
