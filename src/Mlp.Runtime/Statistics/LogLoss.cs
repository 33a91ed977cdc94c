using System.Runtime.Intrinsics;

namespace Mlp.Runtime.Statistics;

/// <summary>Log loss (cross-entropy) of probabilities.</summary>
internal static class LogLoss
{
    /// <summary>
    /// Probabilities are clipped to [Epsilon, 1 − Epsilon]: 2^-52, the machine epsilon of float64, as scikit-learn's log_loss does.
    /// </summary>
    internal const double Epsilon = 2.220446049250313e-16;

    private const int Lanes = 8;

    /// <summary>−(Σ_{positives} ln p + Σ_{negatives} ln(1 − p)) / n, natural logarithm.</summary>
    /// <remarks>
    /// Sixteen clipped probabilities are multiplied before one logarithm is taken: the smallest such product is 3e-251, far from underflow,
    /// and the error is about 2e-16 per row plus 2e-16 of the loss. Ties do not matter. Edges: NaN without rows. NaN scores must have been
    /// taken out; scores outside [0, 1] are clipped.
    /// </remarks>
    /// <param name="positives">Probabilities of the positive rows, in an order that does not depend on the rows' (ascending).</param>
    /// <param name="negatives">Probabilities (of the positive class) of the negative rows, likewise.</param>
    internal static double Compute(ReadOnlySpan<double> positives, ReadOnlySpan<double> negatives)
    {
        return -(SumOfLogs(positives, 0, 1) + SumOfLogs(negatives, 1, -1)) / (positives.Length + (double)negatives.Length);
    }

    /// <summary>The scalar twin of <see cref="Compute"/>: one logarithm per row.</summary>
    /// <param name="positives">Probabilities of the positive rows.</param>
    /// <param name="negatives">Probabilities of the negative rows.</param>
    internal static double ComputeScalar(ReadOnlySpan<double> positives, ReadOnlySpan<double> negatives)
    {
        var sum = 0.0;
        foreach (var probability in positives)
        {
            sum += Math.Log(Clip(probability));
        }

        foreach (var probability in negatives)
        {
            sum += Math.Log(Clip(1 - probability));
        }

        return -sum / (positives.Length + (double)negatives.Length);
    }

    // Σ ln clip(offset + slope·p).
    private static double SumOfLogs(ReadOnlySpan<double> values, double offset, double slope)
    {
        const int block = 16 * Lanes;
        var offsets = Vector512.Create(offset);
        var smallest = Vector512.Create(Epsilon);
        var largest = Vector512.Create(1 - Epsilon);
        var sum = 0.0;
        var i = 0;
        for (; i + block <= values.Length; i += block)
        {
            var product = Vector512<double>.One;
            for (var j = i; j < i + block; j += Lanes)
            {
                var shifted = offsets + (Vector512.Create(values.Slice(j, Lanes)) * slope);
                product *= Vector512.Min(Vector512.Max(shifted, smallest), largest);
            }

            for (var lane = 0; lane < Lanes; lane++)
            {
                sum += Math.Log(product[lane]);
            }
        }

        for (; i < values.Length; i++)
        {
            sum += Math.Log(Clip(offset + (slope * values[i])));
        }

        return sum;
    }

    /// <summary>The probability between 2^-52 and 1 - 2^-52.</summary>
    /// <param name="probability">A probability.</param>
    internal static double Clip(double probability) => Math.Min(Math.Max(probability, Epsilon), 1 - Epsilon);
}
