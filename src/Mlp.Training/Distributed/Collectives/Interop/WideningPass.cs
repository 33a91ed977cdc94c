using System.Numerics;
using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;

namespace Mlp.Training.Distributed.Collectives.Interop;

/// <summary>Passes over an accumulator, whose values are float32 where those of the ranks are float16 or bfloat16.</summary>
internal static unsafe class WideningPass
{
    /// <summary>Copies, widening narrow types.</summary>
    public static void Widen(ElementType element, byte* source, byte* target, long count)
    {
        switch (element)
        {
            case ElementType.Float16:
                Convert<float, HalfElements, PlainElements<float>>(source, target, (nint)count, 1);
                break;
            case ElementType.BFloat16:
                Convert<float, BFloat16Elements, PlainElements<float>>(source, target, (nint)count, 1);
                break;
            default:
                var bytes = count * ElementTypes.SizeOf(element);
                Buffer.MemoryCopy(source, target, bytes, bytes);
                break;
        }
    }

    /// <summary>Combines wide values with narrow ones.</summary>
    public static void Add(ElementType element, ReduceOperation operation, float* accumulator, byte* next, long count)
    {
        if (element == ElementType.Float16)
        {
            Add<HalfElements>(operation, accumulator, next, (nint)count);
        }
        else
        {
            Add<BFloat16Elements>(operation, accumulator, next, (nint)count);
        }
    }

    /// <summary>Copies, dividing by a number and rounding to narrow types.</summary>
    public static void Narrow(ElementType element, byte* source, byte* target, long count, int divisor)
    {
        switch (element)
        {
            case ElementType.Float16:
                Convert<float, PlainElements<float>, HalfElements>(source, target, (nint)count, divisor);
                break;
            case ElementType.BFloat16:
                Convert<float, PlainElements<float>, BFloat16Elements>(source, target, (nint)count, divisor);
                break;
            case ElementType.Float32 when divisor != 1:
                Convert<float, PlainElements<float>, PlainElements<float>>(source, target, (nint)count, divisor);
                break;
            case ElementType.Float64 when divisor != 1:
                Convert<double, PlainElements<double>, PlainElements<double>>(source, target, (nint)count, divisor);
                break;
            default:
                var bytes = count * ElementTypes.SizeOf(element);
                Buffer.MemoryCopy(source, target, bytes, bytes);
                break;
        }
    }

    /// <summary>Divides in place, rounding once.</summary>
    public static void Divide(ElementType element, byte* values, long count, int divisor)
    {
        switch (element)
        {
            case ElementType.Float16:
                Convert<float, HalfElements, HalfElements>(values, values, (nint)count, divisor);
                break;
            case ElementType.BFloat16:
                Convert<float, BFloat16Elements, BFloat16Elements>(values, values, (nint)count, divisor);
                break;
            case ElementType.Float64:
                Convert<double, PlainElements<double>, PlainElements<double>>(values, values, (nint)count, divisor);
                break;
            default:
                Convert<float, PlainElements<float>, PlainElements<float>>(values, values, (nint)count, divisor);
                break;
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static void Convert<T, TFrom, TTo>(byte* source, byte* target, nint count, T divisor)
        where T : unmanaged, INumber<T>
        where TFrom : struct, IElements<T>
        where TTo : struct, IElements<T>
    {
        var (divide, by, i) = (divisor != T.One, Vector512.Create(divisor), (nint)0);
        for (; i <= count - Vector512<T>.Count; i += Vector512<T>.Count)
        {
            var values = TFrom.Load(source + (i * TFrom.Size));
            TTo.Store(target + (i * TTo.Size), divide ? values / by : values);
        }

        for (; i < count; i++)
        {
            var value = TFrom.LoadOne(source + (i * TFrom.Size));
            TTo.StoreOne(target + (i * TTo.Size), divide ? value / divisor : value);
        }
    }

    private static void Add<TElements>(ReduceOperation operation, float* accumulator, byte* next, nint count)
        where TElements : struct, IElements<float>
    {
        switch (operation)
        {
            case ReduceOperation.Minimum:
                Add<TElements, MinimumOf<float>>(accumulator, next, count);
                break;
            case ReduceOperation.Maximum:
                Add<TElements, MaximumOf<float>>(accumulator, next, count);
                break;
            case ReduceOperation.Product:
                Add<TElements, ProductOf<float>>(accumulator, next, count);
                break;
            default:
                Add<TElements, SumOf<float>>(accumulator, next, count);
                break;
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static void Add<TElements, TReduction>(float* accumulator, byte* next, nint count)
        where TElements : struct, IElements<float>
        where TReduction : struct, IReduction<float>
    {
        nint i = 0;
        for (; i <= count - Vector512<float>.Count; i += Vector512<float>.Count)
        {
            TReduction.Apply(Vector512.Load(accumulator + i), TElements.Load(next + (i * TElements.Size))).Store(accumulator + i);
        }

        for (; i < count; i++)
        {
            accumulator[i] = TReduction.Apply(accumulator[i], TElements.LoadOne(next + (i * TElements.Size)));
        }
    }
}
