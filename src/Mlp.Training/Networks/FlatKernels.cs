using System.Numerics;
using System.Runtime.InteropServices;

namespace Mlp.Training.Networks;

/// <summary>Passes over the flat memory of gradients and weights. They allocate nothing; the order of additions depends on the length alone.</summary>
internal static class FlatKernels
{
    // Sums of a block stay in float32; blocks are added in double, so that a million gradients lose nothing.
    private const int Block = 4096;

    /// <summary>Σ x². NaN or infinite where an element is, and where a square leaves float32.</summary>
    public static double SumOfSquares(ReadOnlySpan<float> values)
    {
        double sum = 0;
        for (var start = 0; start < values.Length; start += Block)
        {
            var block = values.Slice(start, Math.Min(Block, values.Length - start));
            var vectors = MemoryMarshal.Cast<float, Vector<float>>(block);
            var (a, b) = (Vector<float>.Zero, Vector<float>.Zero);
            var i = 0;
            for (; i + 1 < vectors.Length; i += 2)
            {
                a += vectors[i] * vectors[i];
                b += vectors[i + 1] * vectors[i + 1];
            }

            for (; i < vectors.Length; i++)
            {
                a += vectors[i] * vectors[i];
            }

            sum += Vector.Sum(a + b);
            foreach (var value in block[(vectors.Length * Vector<float>.Count)..])
            {
                sum += value * value;
            }
        }

        return sum;
    }

    /// <summary>The Euclidean norm; NaN or infinite only where an element is.</summary>
    public static double Norm(ReadOnlySpan<float> values)
    {
        var squares = SumOfSquares(values);
        if (double.IsFinite(squares))
        {
            return Math.Sqrt(squares);
        }

        squares = 0;
        foreach (var value in values)
        {
            squares += (double)value * value;
        }

        return Math.Sqrt(squares);
    }

    /// <summary>The first element that is NaN or infinite, or -1.</summary>
    public static int IndexOfNonFinite(ReadOnlySpan<float> values)
    {
        for (var i = 0; i < values.Length; i++)
        {
            if (!float.IsFinite(values[i]))
            {
                return i;
            }
        }

        return -1;
    }

    /// <summary>x ← x · factor.</summary>
    public static void Scale(Span<float> values, float factor)
    {
        var vectors = MemoryMarshal.Cast<float, Vector<float>>(values);
        foreach (ref var vector in vectors)
        {
            vector *= factor;
        }

        foreach (ref var value in values[(vectors.Length * Vector<float>.Count)..])
        {
            value *= factor;
        }
    }

    /// <summary>x ← min(max(x, −limit), limit); NaN stays.</summary>
    public static void Clamp(Span<float> values, float limit)
    {
        foreach (ref var value in values)
        {
            value = value > limit ? limit : value < -limit ? -limit : value;
        }
    }

    /// <summary>average ← average + (1 − decay) · (x − average).</summary>
    public static void Average(Span<float> average, ReadOnlySpan<float> values, float decay)
    {
        var means = MemoryMarshal.Cast<float, Vector<float>>(average);
        var vectors = MemoryMarshal.Cast<float, Vector<float>>(values);
        var share = 1 - decay;
        for (var i = 0; i < means.Length; i++)
        {
            means[i] += (vectors[i] - means[i]) * share;
        }

        for (var i = means.Length * Vector<float>.Count; i < average.Length; i++)
        {
            average[i] += (values[i] - average[i]) * share;
        }
    }

    /// <summary>A step of Adam or AdamW, as libtorch computes it.</summary>
    /// <param name="isDecoupled">AdamW.</param>
    /// <param name="weights">Moved.</param>
    /// <param name="gradients">Read.</param>
    /// <param name="mean">First moment; moved.</param>
    /// <param name="square">Second moment; moved.</param>
    /// <param name="step">The number of this step, from 1.</param>
    /// <param name="rates">How far.</param>
    public static void Adam(bool isDecoupled, Span<float> weights, ReadOnlySpan<float> gradients, Span<float> mean, Span<float> square, long step, in AdamRates rates)
    {
        var (beta1, beta2, epsilon) = ((float)rates.Beta1, (float)rates.Beta2, (float)rates.Epsilon);
        var size = (float)(rates.LearningRate / (1 - Math.Pow(rates.Beta1, step)));
        var correction = (float)(1 / Math.Sqrt(1 - Math.Pow(rates.Beta2, step)));
        var kept = isDecoupled ? (float)(1 - (rates.LearningRate * rates.WeightDecay)) : 1f;
        var decay = isDecoupled ? 0f : (float)rates.WeightDecay;
        var w = MemoryMarshal.Cast<float, Vector<float>>(weights);
        var g = MemoryMarshal.Cast<float, Vector<float>>(gradients);
        var m = MemoryMarshal.Cast<float, Vector<float>>(mean);
        var v = MemoryMarshal.Cast<float, Vector<float>>(square);
        for (var i = 0; i < w.Length; i++)
        {
            var gradient = g[i] + (w[i] * decay);
            m[i] += (gradient - m[i]) * (1 - beta1);
            v[i] = (v[i] * beta2) + (gradient * gradient * (1 - beta2));
            w[i] = (w[i] * kept) - (m[i] * size / ((Vector.SquareRoot(v[i]) * correction) + new Vector<float>(epsilon)));
        }

        for (var i = w.Length * Vector<float>.Count; i < weights.Length; i++)
        {
            var gradient = gradients[i] + (weights[i] * decay);
            mean[i] += (gradient - mean[i]) * (1 - beta1);
            square[i] = (square[i] * beta2) + (gradient * gradient * (1 - beta2));
            weights[i] = (weights[i] * kept) - (mean[i] * size / ((MathF.Sqrt(square[i]) * correction) + epsilon));
        }
    }

    /// <summary>A step of stochastic gradient descent, as libtorch computes it.</summary>
    /// <param name="weights">Moved.</param>
    /// <param name="gradients">Read.</param>
    /// <param name="momentum">The running gradient; moved. Empty without momentum.</param>
    /// <param name="isFirst">Whether the running gradient begins with this step.</param>
    /// <param name="rates">How far.</param>
    public static void Sgd(Span<float> weights, ReadOnlySpan<float> gradients, Span<float> momentum, bool isFirst, in SgdRates rates)
    {
        var (rate, kept, decay) = ((float)rates.LearningRate, isFirst ? 0f : (float)rates.Momentum, (float)rates.WeightDecay);
        for (var i = 0; i < weights.Length; i++)
        {
            var gradient = gradients[i] + (decay * weights[i]);
            if (!momentum.IsEmpty)
            {
                momentum[i] = (momentum[i] * kept) + gradient;
                gradient = rates.IsNesterov ? gradient + ((float)rates.Momentum * momentum[i]) : momentum[i];
            }

            weights[i] -= rate * gradient;
        }
    }
}
