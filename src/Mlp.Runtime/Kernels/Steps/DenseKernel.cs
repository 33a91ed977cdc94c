using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using System.Runtime.Intrinsics;

namespace Mlp.Runtime.Kernels.Steps;

/// <summary>
/// Y = X W + b in float32. Few outputs: one dot product each, four rows at a time, so that the sums of four rows are on their way at once. More outputs: panels of sixteen, eight rows at a
/// time for batches and four panels at a time for single rows; each weight is loaded once for all of them. A row is summed in the same order however many there are, so its answer has the
/// same bits.
/// </summary>
internal static class DenseKernel
{
    private const int Panel = DenseWeights.PanelWidth;

    /// <summary>Computes all rows.</summary>
    /// <param name="x">Shape (rows, inputs), row-major.</param>
    /// <param name="rowCount">Number of rows.</param>
    /// <param name="weights">W and b.</param>
    /// <param name="y">Receives shape (rows, outputs), row-major.</param>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static void Multiply(ReadOnlySpan<float> x, int rowCount, DenseWeights weights, Span<float> y)
    {
        if (weights.PanelCount == 0)
        {
            for (var output = 0; output < weights.Outputs; output++)
            {
                Dot(x, rowCount, weights.Values.AsSpan(output * weights.Inputs, weights.Inputs), weights.Bias[output], y[output..], weights.Outputs);
            }

            return;
        }

        var row = 0;
        for (; row + 8 <= rowCount; row += 8)
        {
            EightRows(x[(row * weights.Inputs)..], weights, y[(row * weights.Outputs)..]);
        }

        for (; row < rowCount; row++)
        {
            OneRow(x.Slice(row * weights.Inputs, weights.Inputs), weights, y.Slice(row * weights.Outputs, weights.Outputs));
        }
    }

    /// <summary>The same without vectors, which tests compare with.</summary>
    /// <param name="x">Shape (rows, inputs), row-major.</param>
    /// <param name="rowCount">Number of rows.</param>
    /// <param name="weights">W and b.</param>
    /// <param name="y">Receives shape (rows, outputs), row-major.</param>
    public static void MultiplyScalar(ReadOnlySpan<float> x, int rowCount, DenseWeights weights, Span<float> y)
    {
        for (var row = 0; row < rowCount; row++)
        {
            for (var output = 0; output < weights.Outputs; output++)
            {
                var sum = 0f;
                for (var input = 0; input < weights.Inputs; input++)
                {
                    sum += x[(row * weights.Inputs) + input] * weights.Values[weights.PositionOf(input, output)];
                }

                y[(row * weights.Outputs) + output] = sum + weights.Bias[output];
            }
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static void Dot(ReadOnlySpan<float> x, int rowCount, ReadOnlySpan<float> weights, float bias, Span<float> y, int stride)
    {
        ref var rows = ref MemoryMarshal.GetReference(x);
        ref var w = ref MemoryMarshal.GetReference(weights);
        var width = weights.Length;
        var row = 0;
        for (; row + 4 <= rowCount; row += 4)
        {
            ref var first = ref Unsafe.Add(ref rows, row * width);
            var (s0, s1, s2, s3) = FourSums(ref first, ref w, width);
            y[row * stride] = s0 + bias;
            y[(row + 1) * stride] = s1 + bias;
            y[(row + 2) * stride] = s2 + bias;
            y[(row + 3) * stride] = s3 + bias;
        }

        for (; row < rowCount; row++)
        {
            y[row * stride] = OneSum(ref Unsafe.Add(ref rows, row * width), ref w, width) + bias;
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static float OneSum(ref float x, ref float w, int width)
    {
        var sums = Vector512<float>.Zero;
        var i = 0;
        for (; i + 16 <= width; i += 16)
        {
            sums = Vector512.FusedMultiplyAdd(Vector512.LoadUnsafe(ref x, (nuint)i), Vector512.LoadUnsafe(ref w, (nuint)i), sums);
        }

        var rest = Vector128<float>.Zero;
        for (; i + 4 <= width; i += 4)
        {
            rest = Vector128.FusedMultiplyAdd(Vector128.LoadUnsafe(ref x, (nuint)i), Vector128.LoadUnsafe(ref w, (nuint)i), rest);
        }

        var sum = Sum(sums, rest);
        for (; i < width; i++)
        {
            sum += Unsafe.Add(ref x, i) * Unsafe.Add(ref w, i);
        }

        return sum;
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static (float First, float Second, float Third, float Fourth) FourSums(ref float x, ref float w, int width)
    {
        ref var x1 = ref Unsafe.Add(ref x, width);
        ref var x2 = ref Unsafe.Add(ref x1, width);
        ref var x3 = ref Unsafe.Add(ref x2, width);
        var (s0, s1, s2, s3) = (Vector512<float>.Zero, Vector512<float>.Zero, Vector512<float>.Zero, Vector512<float>.Zero);
        nuint i = 0;
        var length = (nuint)width;
        for (; i + 16 <= length; i += 16)
        {
            var weight = Vector512.LoadUnsafe(ref w, i);
            s0 = Vector512.FusedMultiplyAdd(Vector512.LoadUnsafe(ref x, i), weight, s0);
            s1 = Vector512.FusedMultiplyAdd(Vector512.LoadUnsafe(ref x1, i), weight, s1);
            s2 = Vector512.FusedMultiplyAdd(Vector512.LoadUnsafe(ref x2, i), weight, s2);
            s3 = Vector512.FusedMultiplyAdd(Vector512.LoadUnsafe(ref x3, i), weight, s3);
        }

        var (r0, r1, r2, r3) = (Vector128<float>.Zero, Vector128<float>.Zero, Vector128<float>.Zero, Vector128<float>.Zero);
        for (; i + 4 <= length; i += 4)
        {
            var weight = Vector128.LoadUnsafe(ref w, i);
            r0 = Vector128.FusedMultiplyAdd(Vector128.LoadUnsafe(ref x, i), weight, r0);
            r1 = Vector128.FusedMultiplyAdd(Vector128.LoadUnsafe(ref x1, i), weight, r1);
            r2 = Vector128.FusedMultiplyAdd(Vector128.LoadUnsafe(ref x2, i), weight, r2);
            r3 = Vector128.FusedMultiplyAdd(Vector128.LoadUnsafe(ref x3, i), weight, r3);
        }

        var (f0, f1, f2, f3) = (Sum(s0, r0), Sum(s1, r1), Sum(s2, r2), Sum(s3, r3));
        for (; i < length; i++)
        {
            var weight = Unsafe.Add(ref w, i);
            f0 += Unsafe.Add(ref x, i) * weight;
            f1 += Unsafe.Add(ref x1, i) * weight;
            f2 += Unsafe.Add(ref x2, i) * weight;
            f3 += Unsafe.Add(ref x3, i) * weight;
        }

        return (f0, f1, f2, f3);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static float Sum(Vector512<float> wide, Vector128<float> rest)
    {
        var half = wide.GetLower() + wide.GetUpper();
        return Vector128.Sum(half.GetLower() + half.GetUpper() + rest);
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static void EightRows(ReadOnlySpan<float> x, DenseWeights weights, Span<float> y)
    {
        var (inputs, outputs) = (weights.Inputs, weights.Outputs);
        ref var x0 = ref MemoryMarshal.GetReference(x[..(8 * inputs)]);
        ref var x1 = ref Unsafe.Add(ref x0, inputs);
        ref var x2 = ref Unsafe.Add(ref x1, inputs);
        ref var x3 = ref Unsafe.Add(ref x2, inputs);
        ref var x4 = ref Unsafe.Add(ref x3, inputs);
        ref var x5 = ref Unsafe.Add(ref x4, inputs);
        ref var x6 = ref Unsafe.Add(ref x5, inputs);
        ref var x7 = ref Unsafe.Add(ref x6, inputs);
        ref var w = ref MemoryMarshal.GetArrayDataReference(weights.Values);
        for (var panel = 0; panel < weights.PanelCount; panel++)
        {
            var bias = Vector512.Create(weights.Bias.AsSpan(panel * Panel, Panel));
            var (s0, s1, s2, s3, s4, s5, s6, s7) = (bias, bias, bias, bias, bias, bias, bias, bias);
            for (nuint i = 0; i < (nuint)inputs; i++)
            {
                var weight = Vector512.LoadUnsafe(ref w);
                w = ref Unsafe.Add(ref w, Panel);
                s0 = Vector512.FusedMultiplyAdd(Vector512.Create(Unsafe.Add(ref x0, i)), weight, s0);
                s1 = Vector512.FusedMultiplyAdd(Vector512.Create(Unsafe.Add(ref x1, i)), weight, s1);
                s2 = Vector512.FusedMultiplyAdd(Vector512.Create(Unsafe.Add(ref x2, i)), weight, s2);
                s3 = Vector512.FusedMultiplyAdd(Vector512.Create(Unsafe.Add(ref x3, i)), weight, s3);
                s4 = Vector512.FusedMultiplyAdd(Vector512.Create(Unsafe.Add(ref x4, i)), weight, s4);
                s5 = Vector512.FusedMultiplyAdd(Vector512.Create(Unsafe.Add(ref x5, i)), weight, s5);
                s6 = Vector512.FusedMultiplyAdd(Vector512.Create(Unsafe.Add(ref x6, i)), weight, s6);
                s7 = Vector512.FusedMultiplyAdd(Vector512.Create(Unsafe.Add(ref x7, i)), weight, s7);
            }

            var column = panel * Panel;
            Store(s0, y, column, outputs);
            Store(s1, y[outputs..], column, outputs);
            Store(s2, y[(2 * outputs)..], column, outputs);
            Store(s3, y[(3 * outputs)..], column, outputs);
            Store(s4, y[(4 * outputs)..], column, outputs);
            Store(s5, y[(5 * outputs)..], column, outputs);
            Store(s6, y[(6 * outputs)..], column, outputs);
            Store(s7, y[(7 * outputs)..], column, outputs);
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static void OneRow(ReadOnlySpan<float> x, DenseWeights weights, Span<float> y)
    {
        var size = weights.Inputs * Panel;
        ref var w = ref MemoryMarshal.GetArrayDataReference(weights.Values);
        ref var bias = ref MemoryMarshal.GetArrayDataReference(weights.Bias);
        var panel = 0;
        for (; panel + 4 <= weights.PanelCount; panel += 4)
        {
            var column = (nuint)(panel * Panel);
            ref var w0 = ref Unsafe.Add(ref w, panel * size);
            var (s0, s1) = (Vector512.LoadUnsafe(ref bias, column), Vector512.LoadUnsafe(ref bias, column + Panel));
            var (s2, s3) = (Vector512.LoadUnsafe(ref bias, column + (2 * Panel)), Vector512.LoadUnsafe(ref bias, column + (3 * Panel)));
            for (var i = 0; i < x.Length; i++)
            {
                var value = Vector512.Create(x[i]);
                var offset = i * Panel;
                s0 = Vector512.FusedMultiplyAdd(value, Vector512.LoadUnsafe(ref Unsafe.Add(ref w0, offset)), s0);
                s1 = Vector512.FusedMultiplyAdd(value, Vector512.LoadUnsafe(ref Unsafe.Add(ref w0, size + offset)), s1);
                s2 = Vector512.FusedMultiplyAdd(value, Vector512.LoadUnsafe(ref Unsafe.Add(ref w0, (2 * size) + offset)), s2);
                s3 = Vector512.FusedMultiplyAdd(value, Vector512.LoadUnsafe(ref Unsafe.Add(ref w0, (3 * size) + offset)), s3);
            }

            Store(s0, y, (int)column, y.Length);
            Store(s1, y, (int)column + Panel, y.Length);
            Store(s2, y, (int)column + (2 * Panel), y.Length);
            Store(s3, y, (int)column + (3 * Panel), y.Length);
        }

        for (; panel < weights.PanelCount; panel++)
        {
            ref var w0 = ref Unsafe.Add(ref w, panel * size);
            var sums = Vector512.LoadUnsafe(ref bias, (nuint)(panel * Panel));
            for (var i = 0; i < x.Length; i++)
            {
                sums = Vector512.FusedMultiplyAdd(Vector512.Create(x[i]), Vector512.LoadUnsafe(ref Unsafe.Add(ref w0, i * Panel)), sums);
            }

            Store(sums, y, panel * Panel, y.Length);
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void Store(Vector512<float> values, Span<float> row, int column, int outputs)
    {
        if (column + Panel <= outputs)
        {
            values.StoreUnsafe(ref row[column]);
            return;
        }

        for (var i = column; i < outputs; i++)
        {
            row[i] = values.GetElement(i - column);
        }
    }
}
