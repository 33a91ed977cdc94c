namespace Mlp.Runtime.Statistics.Estimation;

/// <summary>What the reference says about a regression's error. Immutable.</summary>
/// <param name="Deviation">Standard deviation of a row's loss.</param>
/// <param name="Threshold">Mean and 3 standard deviations of the chunks' errors; NaN where there is a single chunk.</param>
/// <param name="Mean">Mean of the chunks' errors; null in what was written before it was.</param>
/// <param name="ChunkDeviation">Standard deviation (n) of the chunks' errors; null in what was written before it was.</param>
internal readonly record struct LossReference(double Deviation, double Threshold, double? Mean, double? ChunkDeviation)
{
    /// <summary>The stored form: 2 numbers of the first version, or 4.</summary>
    internal double[] ToArray() => Mean is { } mean && ChunkDeviation is { } deviation ? [Deviation, Threshold, mean, deviation] : [Deviation, Threshold];

    /// <summary>Reads the stored form; null for another number of numbers.</summary>
    /// <param name="stored">The numbers.</param>
    internal static LossReference? Read(double[] stored) => stored switch
    {
        [var deviation, var threshold] => new(deviation, threshold, null, null),
        [var deviation, var threshold, var mean, var chunkDeviation] => new(deviation, threshold, mean, chunkDeviation),
        _ => null,
    };

    /// <summary>Learns from the rows' losses.</summary>
    /// <param name="losses">Shape (rows), at least one.</param>
    /// <param name="chunkSize">Rows of a chunk.</param>
    /// <param name="figure">The error that a mean loss is.</param>
    internal static LossReference Fit(double[] losses, int chunkSize, Func<double, double> figure)
    {
        var (_, upper, mean, deviation) = ReferenceThresholds.Of(
            losses.Length, chunkSize, (start, length) => figure(losses.AsSpan(start, length).ToArray().Average()), double.PositiveInfinity);
        return new(DeviationOf(losses), upper, mean, deviation);
    }

    /// <summary>What is ordinary for the mean loss, or for its root, whose error follows by its derivative.</summary>
    /// <param name="rowCount">Rows of the reference.</param>
    /// <param name="chunkSize">Rows of a chunk.</param>
    /// <param name="isRoot">Whether the figure is the root of the mean loss.</param>
    internal OrdinaryValues OrdinaryOf(long rowCount, int chunkSize, bool isRoot)
    {
        // What was written before says the threshold alone.
        var row = isRoot ? Deviation / (2 * (Mean ?? Threshold)) : Deviation;
        var chunk = row / Math.Sqrt(chunkSize);
        return new(Mean ?? Threshold - (ReferenceThresholds.Deviations * chunk), ChunkDeviation ?? chunk, row, rowCount, chunkSize);
    }

    private static double DeviationOf(double[] values)
    {
        var mean = values.Average();
        return Math.Sqrt(values.Average(v => (v - mean) * (v - mean)));
    }
}
