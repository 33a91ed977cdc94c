using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;
using Mlp.Training.Distributed.Collectives;
using Mlp.Training.Distributed.Collectives.Interop;

namespace Mlp.Training.Distributed.DataParallel.Interop;

/// <summary>Rounds gradients to 16 bits, keeping what that takes from them, and makes float32 of sums. Factors are powers of two, so that all but the rounding is exact.</summary>
/// <typeparam name="T"><see cref="Half"/> or <see cref="BFloat16"/>.</typeparam>
internal static unsafe class GradientRounding<T>
    where T : unmanaged
{
    private const uint Magnitude = 0x7FFF_FFFF;
    private const uint Infinity = 0x7F80_0000;

    /// <summary>
    /// narrow ← round(clamp(v)) with v = gradient · factor + residual · scale, and next ← (v − narrow) / scale. Values that are no numbers stay what they are, and leave their residual as it was.
    /// </summary>
    /// <param name="gradients">Gradients.</param>
    /// <param name="residuals">What was taken from them before; empty where it is lost.</param>
    /// <param name="next">Receives what is taken now; as many as residuals, whose memory it may be.</param>
    /// <param name="narrow">Receives rounded values.</param>
    /// <param name="factor">Of the gradients; a power of two.</param>
    /// <param name="scale">Of the residuals; a power of two.</param>
    /// <param name="limit">Where numbers are cut off.</param>
    public static void Narrow(ReadOnlySpan<float> gradients, ReadOnlySpan<float> residuals, Span<float> next, Span<T> narrow, float factor, float scale, float limit)
    {
        fixed (float* from = gradients, kept = residuals, rest = next)
        fixed (T* to = narrow)
        {
            if (typeof(T) == typeof(Half))
            {
                Narrow<HalfElements>(from, kept, rest, (byte*)to, gradients.Length, new(factor, scale, limit));
            }
            else
            {
                Narrow<BFloat16Elements>(from, kept, rest, (byte*)to, gradients.Length, new(factor, scale, limit));
            }
        }
    }

    /// <summary>gradient ← narrow · factor.</summary>
    /// <param name="narrow">Sums.</param>
    /// <param name="gradients">Receives them.</param>
    /// <param name="factor">A power of two.</param>
    /// <returns>The largest magnitude of <paramref name="narrow"/>; NaN or infinite where one of them is; 0 for none.</returns>
    public static float Widen(ReadOnlySpan<T> narrow, Span<float> gradients, float factor)
    {
        fixed (T* from = narrow)
        fixed (float* to = gradients)
        {
            return typeof(T) == typeof(Half) ? Widen<HalfElements>((byte*)from, to, narrow.Length, factor) : Widen<BFloat16Elements>((byte*)from, to, narrow.Length, factor);
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static void Narrow<TElements>(float* gradients, float* residuals, float* next, byte* narrow, nint count, Rounding by)
        where TElements : struct, IElements<float>
    {
        nint i = 0;
        var (factor, scale, inverse) = (Vector512.Create(by.Factor), Vector512.Create(by.Scale), Vector512.Create(1 / by.Scale));
        var (least, most) = (Vector512.Create(-by.Limit), Vector512.Create(by.Limit));
        for (; i <= count - Vector512<float>.Count; i += Vector512<float>.Count)
        {
            var target = narrow + (i * sizeof(ushort));
            var value = Vector512.Load(gradients + i) * factor;
            var residual = residuals is null ? Vector512<float>.Zero : Vector512.Load(residuals + i);
            value += residual * scale;
            var isNumber = Vector512.LessThan(value.AsUInt32() & Vector512.Create(Magnitude), Vector512.Create(Infinity)).AsSingle();
            TElements.Store(target, Vector512.ConditionalSelect(isNumber, Vector512.MaxNative(Vector512.MinNative(value, most), least), value));
            if (next is not null)
            {
                Vector512.ConditionalSelect(isNumber, (value - TElements.Load(target)) * inverse, residual).Store(next + i);
            }
        }

        for (; i < count; i++)
        {
            var target = narrow + (i * sizeof(ushort));
            var residual = residuals is null ? 0 : residuals[i];
            var value = (gradients[i] * by.Factor) + (residual * by.Scale);
            TElements.StoreOne(target, float.IsFinite(value) ? Math.Clamp(value, -by.Limit, by.Limit) : value);
            if (next is not null)
            {
                next[i] = float.IsFinite(value) ? (value - TElements.LoadOne(target)) * (1 / by.Scale) : residual;
            }
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static float Widen<TElements>(byte* narrow, float* gradients, nint count, float factor)
        where TElements : struct, IElements<float>
    {
        nint i = 0;
        var (by, largest) = (Vector512.Create(factor), Vector512<uint>.Zero);
        for (; i <= count - Vector512<float>.Count; i += Vector512<float>.Count)
        {
            var value = TElements.Load(narrow + (i * sizeof(ushort)));
            largest = Vector512.Max(largest, value.AsUInt32() & Vector512.Create(Magnitude));
            (value * by).Store(gradients + i);
        }

        // Magnitudes of floats are in the order of their bits; beyond the infinite ones are those that are no numbers.
        var most = 0u;
        for (var lane = 0; lane < Vector512<uint>.Count; lane++)
        {
            most = Math.Max(most, largest[lane]);
        }

        for (; i < count; i++)
        {
            var value = TElements.LoadOne(narrow + (i * sizeof(ushort)));
            most = Math.Max(most, BitConverter.SingleToUInt32Bits(value) & Magnitude);
            gradients[i] = value * factor;
        }

        return BitConverter.UInt32BitsToSingle(most);
    }

    private readonly record struct Rounding(float Factor, float Scale, float Limit);
}
