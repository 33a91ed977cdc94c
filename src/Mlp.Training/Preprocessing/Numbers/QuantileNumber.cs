namespace Mlp.Training.Preprocessing.Numbers;

/// <summary>
/// The distribution function of one number, linear between quantiles. Several quantiles of one value are a jump: below it comes the share of the first, above it that of the last, at it
/// their mean (0 at the least value and 1 at the greatest).
/// </summary>
/// <param name="Input">Where the number comes from.</param>
/// <param name="Knots">The different quantiles, ascending, at least one.</param>
/// <param name="At">The share at each.</param>
/// <param name="Above">The share just above each.</param>
/// <param name="Slopes">How much the share grows by 1 in the number, from each knot on.</param>
internal sealed record QuantileNumber(NumberInput Input, double[] Knots, double[] At, double[] Above, double[] Slopes)
{
    /// <summary>Takes quantiles.</summary>
    /// <param name="input">Where the number comes from.</param>
    /// <param name="quantiles">Quantiles of equally spaced shares from 0 to 1, ascending, at least two.</param>
    public static QuantileNumber From(NumberInput input, double[] quantiles)
    {
        var knots = new List<double>();
        var (below, above) = (new List<double>(), new List<double>());
        for (var i = 0; i < quantiles.Length; i++)
        {
            var share = (double)i / (quantiles.Length - 1);
            if (knots.Count > 0 && knots[^1] == quantiles[i])
            {
                above[^1] = share;
                continue;
            }

            knots.Add(quantiles[i]);
            below.Add(share);
            above.Add(share);
        }

        var last = knots.Count - 1;
        double[] at = [.. knots.Select((_, k) => k == 0 ? 0 : k == last ? 1 : 0.5 * (below[k] + above[k]))];
        double[] slopes = [.. knots.Select((_, k) => k == last ? 0 : (below[k + 1] - above[k]) / (knots[k + 1] - knots[k]))];
        above[last] = 1;
        return new(input, [.. knots], at, [.. above], slopes);
    }

    /// <summary>The share of a finite number.</summary>
    public double ShareOf(double value)
    {
        var k = SortedEdges.CountAtMost(Knots, value) - 1;
        return k < 0 ? 0 : value == Knots[k] ? At[k] : ((value - Knots[k]) * Slopes[k]) + Above[k];
    }
}
