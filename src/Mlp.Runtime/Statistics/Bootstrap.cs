namespace Mlp.Runtime.Statistics;

/// <summary>Confidence intervals of figures for which there is no formula.</summary>
internal static class Bootstrap
{
    /// <summary>Samples that are drawn.</summary>
    internal const int RoundCount = 200;

    /// <summary>The seed where nobody asks for another.</summary>
    internal const int DefaultSeed = 42;

    /// <summary>Rows of a sample at most; the error of more rows follows by 1/√n.</summary>
    internal const int MaximumSampleSize = 20_000;

    /// <summary>The standard error of a figure: the standard deviation over samples with replacement (Efron, "Bootstrap Methods: Another Look at the Jackknife", Annals of Statistics 7, 1979).</summary>
    /// <remarks>The same rows and seed give the same error. Samples without a figure are left out; NaN where hardly any has one.</remarks>
    /// <param name="rowCount">Number of rows.</param>
    /// <param name="compute">The figure of the rows of these numbers; NaN where they have none.</param>
    /// <param name="seed">Seed of the drawing.</param>
    internal static double StandardError(int rowCount, Func<int[], double> compute, int seed = DefaultSeed)
    {
        if (rowCount < 2)
        {
            return double.NaN;
        }

        var random = new Random(seed);
        var sample = new int[Math.Min(rowCount, MaximumSampleSize)];
        var (count, mean, squares) = (0, 0.0, 0.0);
        for (var round = 0; round < RoundCount; round++)
        {
            for (var i = 0; i < sample.Length; i++)
            {
                sample[i] = random.Next(rowCount);
            }

            var value = compute(sample);
            if (double.IsNaN(value))
            {
                continue;
            }

            count++;
            var delta = value - mean;
            mean += delta / count;
            squares += delta * (value - mean);
        }

        return count < RoundCount / 2 ? double.NaN : Math.Sqrt(squares / (count - 1) * sample.Length / rowCount);
    }
}
