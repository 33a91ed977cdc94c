namespace Mlp.Benchmarks.Soaks;

/// <summary>
/// Whether memory grows with work done. The slope is that of Theil (1950) and Sen (1968): the median of the slopes between all pairs of readings, which single outliers do not move; its 95 %
/// interval is Sen's, from the variance n(n-1)(2n+5)/18 of Kendall's statistic without ties. Neighbouring readings depend on each other (a heap that has grown stays so for a while), which the interval
/// does not allow for, so ten blocks of readings are taken by their medians.
/// </summary>
/// <param name="SlopeBytes">Bytes per unit of work.</param>
/// <param name="LowerBytes">Lower end of the interval.</param>
/// <param name="UpperBytes">Upper end of the interval.</param>
/// <param name="Span">Units of work between the first reading and the last.</param>
/// <param name="MedianBytes">The median reading.</param>
internal sealed record MemoryTrend(double SlopeBytes, double LowerBytes, double UpperBytes, double Span, double MedianBytes)
{
    private const double NormalQuantile = 1.959964;
    private const double TolerableShare = 0.05;
    private const int Blocks = 10;

    /// <summary>What the slope amounts to over the whole run, bytes.</summary>
    public double GrowthBytes => SlopeBytes * Span;

    /// <summary>Whether it grows: the interval lies above zero, and the growth is more than a twentieth of what there is, which the number of threads and the state of the heap make it vary by anyway.</summary>
    public bool IsUpward => LowerBytes > 0 && GrowthBytes > TolerableShare * MedianBytes;

    /// <summary>
    /// Whether memory grows from the beginning to the end: the trend of all readings is upward, and so is the slope of either half. A step, as an allocator makes that has found room, lies in one of them; a leak goes on.
    /// </summary>
    /// <param name="all">Work done and bytes, at least twenty, in order.</param>
    public static bool IsUpwardThroughout(IReadOnlyList<(double Work, double Bytes)> all)
        => Fit(all).IsUpward && Fit([.. all.Take(all.Count / 2)]).LowerBytes > 0 && Fit([.. all.Skip(all.Count / 2)]).LowerBytes > 0;

    /// <summary>Fits the trend.</summary>
    /// <param name="all">Work done and bytes, at least ten, in order.</param>
    public static MemoryTrend Fit(IReadOnlyList<(double Work, double Bytes)> all)
    {
        if (all.Count < Blocks)
        {
            throw new ArgumentException(FormattableString.Invariant($"Expected at least {Blocks} readings, but found {all.Count}: run longer."), nameof(all));
        }

        var readings = all.Chunk((all.Count + Blocks - 1) / Blocks).Select(b => (Work: b.Average(r => r.Work), Bytes: Median([.. b.Select(r => r.Bytes).Order()]))).ToList();
        var n = readings.Count;
        var slopes = new List<double>();
        for (var i = 0; i < n; i++)
        {
            for (var j = i + 1; j < n; j++)
            {
                slopes.Add((readings[j].Bytes - readings[i].Bytes) / (readings[j].Work - readings[i].Work));
            }
        }

        slopes.Sort();
        var reach = NormalQuantile * Math.Sqrt(n * (n - 1.0) * ((2.0 * n) + 5) / 18);
        var lower = (int)Math.Max(0, Math.Floor((slopes.Count - reach) / 2));
        var upper = (int)Math.Min(slopes.Count - 1, Math.Ceiling((slopes.Count + reach) / 2));
        return new MemoryTrend(Median(slopes), slopes[lower], slopes[upper], all[^1].Work - all[0].Work, Median([.. all.Select(r => r.Bytes).Order()]));
    }

    private static double Median(List<double> sorted) => (sorted[(sorted.Count - 1) / 2] + sorted[sorted.Count / 2]) / 2;
}
