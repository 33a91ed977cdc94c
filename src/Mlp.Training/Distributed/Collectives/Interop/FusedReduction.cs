using System.Numerics;
using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;

namespace Mlp.Training.Distributed.Collectives.Interop;

/// <summary>
/// Reads many arrays, combines them value by value in the order given, and writes the outcome to some arrays while it is in registers: each array is passed over once. Targets may be sources. float16 and bfloat16 are reckoned with
/// in float32 and rounded once.
/// </summary>
internal static unsafe class FusedReduction
{
    /// <summary>Reduces.</summary>
    /// <param name="element">Type of the values; not <see cref="ElementType.Byte"/>.</param>
    /// <param name="operation">How they are combined; an average divides by the number of sources.</param>
    /// <param name="sources">Addresses; at least one.</param>
    /// <param name="targets">Addresses.</param>
    /// <param name="count">Values of each.</param>
    public static void Run(ElementType element, ReduceOperation operation, ReadOnlySpan<nint> sources, ReadOnlySpan<nint> targets, long count)
    {
        switch (element)
        {
            case ElementType.Float32:
                Run<float, PlainElements<float>>(operation, sources, targets, count);
                break;
            case ElementType.Float64:
                Run<double, PlainElements<double>>(operation, sources, targets, count);
                break;
            case ElementType.Float16:
                Run<float, HalfElements>(operation, sources, targets, count);
                break;
            case ElementType.BFloat16:
                Run<float, BFloat16Elements>(operation, sources, targets, count);
                break;
            case ElementType.Int32:
                Run<int, PlainElements<int>>(operation, sources, targets, count);
                break;
            case ElementType.Int64:
                Run<long, PlainElements<long>>(operation, sources, targets, count);
                break;
            default:
                throw new ArgumentOutOfRangeException(nameof(element), element, "Expected numbers to reduce.");
        }
    }

    private static void Run<T, TElements>(ReduceOperation operation, ReadOnlySpan<nint> sources, ReadOnlySpan<nint> targets, long count)
        where T : unmanaged, INumber<T>
        where TElements : struct, IElements<T>
    {
        switch (operation)
        {
            case ReduceOperation.Minimum:
                Pass<T, TElements, MinimumOf<T>>(sources, targets, count, T.One);
                break;
            case ReduceOperation.Maximum:
                Pass<T, TElements, MaximumOf<T>>(sources, targets, count, T.One);
                break;
            case ReduceOperation.Product:
                Pass<T, TElements, ProductOf<T>>(sources, targets, count, T.One);
                break;
            default:
                Pass<T, TElements, SumOf<T>>(sources, targets, count, operation == ReduceOperation.Average ? T.CreateChecked(sources.Length) : T.One);
                break;
        }
    }

    private static void Pass<T, TElements, TReduction>(ReadOnlySpan<nint> sources, ReadOnlySpan<nint> targets, long count, T divisor)
        where T : unmanaged, INumber<T>
        where TElements : struct, IElements<T>
        where TReduction : struct, IReduction<T>
    {
        fixed (nint* from = sources, to = targets)
        {
            var done = sources.Length == 2 && targets.Length == 2 && divisor == T.One
                ? PairPass<T, TElements, TReduction>((byte*)from[0], (byte*)from[1], (byte*)to[0], (byte*)to[1], (nint)count)
                : VectorPass<T, TElements, TReduction>((byte**)from, sources.Length, (byte**)to, targets.Length, (nint)count, divisor);
            ScalarPass<T, TElements, TReduction>((byte**)from, sources.Length, (byte**)to, targets.Length, done, (nint)count, divisor);
        }
    }

    // Passes are compiled in full at once, so that the first steps do not wait for slow code. This is the commonest case, two ranks that both get the sum: four vectors at a time hide what a read from the other's cache costs.
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static nint PairPass<T, TElements, TReduction>(byte* left, byte* right, byte* one, byte* other, nint count)
        where T : unmanaged, INumber<T>
        where TElements : struct, IElements<T>
        where TReduction : struct, IReduction<T>
    {
        nint step = Vector512<T>.Count * TElements.Size, i = 0, end = (count / (4 * Vector512<T>.Count)) * 4 * step;
        for (; i < end; i += 4 * step)
        {
            var a = TReduction.Apply(TElements.Load(left + i), TElements.Load(right + i));
            var b = TReduction.Apply(TElements.Load(left + i + step), TElements.Load(right + i + step));
            var c = TReduction.Apply(TElements.Load(left + i + (2 * step)), TElements.Load(right + i + (2 * step)));
            var d = TReduction.Apply(TElements.Load(left + i + (3 * step)), TElements.Load(right + i + (3 * step)));
            TElements.Store(one + i, a);
            TElements.Store(one + i + step, b);
            TElements.Store(one + i + (2 * step), c);
            TElements.Store(one + i + (3 * step), d);
            TElements.StoreAgain(other + i, one + i, a);
            TElements.StoreAgain(other + i + step, one + i + step, b);
            TElements.StoreAgain(other + i + (2 * step), one + i + (2 * step), c);
            TElements.StoreAgain(other + i + (3 * step), one + i + (3 * step), d);
        }

        return end / TElements.Size;
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static nint VectorPass<T, TElements, TReduction>(byte** sources, int sourceCount, byte** targets, int targetCount, nint count, T divisor)
        where T : unmanaged, INumber<T>
        where TElements : struct, IElements<T>
        where TReduction : struct, IReduction<T>
    {
        nint step = Vector512<T>.Count * TElements.Size, end = (count / (2 * Vector512<T>.Count)) * 2 * step;
        var (divide, by) = (divisor != T.One, Vector512.Create(divisor));
        for (nint i = 0; i < end; i += 2 * step)
        {
            var (a, b) = (TElements.Load(sources[0] + i), TElements.Load(sources[0] + i + step));
            for (var s = 1; s < sourceCount; s++)
            {
                a = TReduction.Apply(a, TElements.Load(sources[s] + i));
                b = TReduction.Apply(b, TElements.Load(sources[s] + i + step));
            }

            if (divide)
            {
                (a, b) = (a / by, b / by);
            }

            TElements.Store(targets[0] + i, a);
            TElements.Store(targets[0] + i + step, b);
            for (var t = 1; t < targetCount; t++)
            {
                TElements.StoreAgain(targets[t] + i, targets[0] + i, a);
                TElements.StoreAgain(targets[t] + i + step, targets[0] + i + step, b);
            }
        }

        return end / TElements.Size;
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static void ScalarPass<T, TElements, TReduction>(byte** sources, int sourceCount, byte** targets, int targetCount, nint start, nint count, T divisor)
        where T : unmanaged, INumber<T>
        where TElements : struct, IElements<T>
        where TReduction : struct, IReduction<T>
    {
        for (var i = start * TElements.Size; i < count * TElements.Size; i += TElements.Size)
        {
            var value = TElements.LoadOne(sources[0] + i);
            for (var s = 1; s < sourceCount; s++)
            {
                value = TReduction.Apply(value, TElements.LoadOne(sources[s] + i));
            }

            value = divisor == T.One ? value : value / divisor;
            for (var t = 0; t < targetCount; t++)
            {
                TElements.StoreOne(targets[t] + i, value);
            }
        }
    }
}
