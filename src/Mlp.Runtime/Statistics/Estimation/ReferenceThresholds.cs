namespace Mlp.Runtime.Statistics.Estimation;

/// <summary>What is ordinary for a figure: mean - 3 and + 3 standard deviations (n) of its values on the chunks of a reference.</summary>
internal static class ReferenceThresholds
{
    /// <summary>The band is so many sampling errors wide to both sides, and thresholds lie so many standard deviations from the mean.</summary>
    internal const double Deviations = 3;

    /// <summary>Whether so many rows can be held against thresholds: fewer than half of a chunk vary more than these say.</summary>
    /// <param name="rowCount">Rows of the window.</param>
    /// <param name="chunkSize">Rows of a chunk.</param>
    internal static bool CanJudge(long rowCount, int chunkSize) => 2 * rowCount >= chunkSize;

    /// <summary>The least and the greatest ordinary value, mean and standard deviation (n); NaN where fewer than two chunks have a value, which say nothing of how it varies.</summary>
    /// <param name="rowCount">Rows of the reference.</param>
    /// <param name="chunkSize">Rows of a chunk; the last one may be shorter.</param>
    /// <param name="figure">The figure of the rows from a first one on, as many as the second number says; NaN where it is not defined.</param>
    /// <param name="greatest">The greatest value that the figure can have; the least is 0.</param>
    internal static (double Lower, double Upper, double Mean, double Deviation) Of(int rowCount, int chunkSize, Func<int, int, double> figure, double greatest)
    {
        var figures = new List<double>();
        for (var start = 0; start < rowCount; start += chunkSize)
        {
            var value = figure(start, Math.Min(chunkSize, rowCount - start));
            if (!double.IsNaN(value))
            {
                figures.Add(value);
            }
        }

        if (figures.Count < 2)
        {
            return (double.NaN, double.NaN, double.NaN, double.NaN);
        }

        var mean = figures.Average();
        var deviation = Math.Sqrt(figures.Average(f => (f - mean) * (f - mean)));
        return (Math.Max(0, mean - (Deviations * deviation)), Math.Min(greatest, mean + (Deviations * deviation)), mean, deviation);
    }
}
