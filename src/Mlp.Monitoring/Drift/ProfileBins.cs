using System.Collections.Immutable;
using Mlp.Runtime.Statistics;
using Mlp.Runtime.Statistics.Profiles;

namespace Mlp.Monitoring.Drift;

/// <summary>Bins of a column of a data profile, and the counts of another profile over them. Pure functions.</summary>
internal static class ProfileBins
{
    private const int BinCount = 10;
    private const int MaximumCategories = 64;

    /// <summary>The bins of a reference column, with its own counts; null where the profile keeps neither quantiles nor categories of it.</summary>
    /// <param name="column">The column.</param>
    /// <param name="rowCount">The rows that it counts for; of weighted ones their effective number.</param>
    /// <param name="binning">Which bins, of numbers.</param>
    public static FeatureProfile? Of(ColumnProfile column, double rowCount, DriftBinning binning)
    {
        if (column.IsCategorical)
        {
            return Categories(column, rowCount);
        }

        return column.ToDistribution() is { } distribution ? Numbers(column, distribution, rowCount, binning) : null;
    }

    /// <summary>Counts a column over the bins of a reference; null where it is of another kind.</summary>
    /// <param name="profile">The bins.</param>
    /// <param name="column">The column.</param>
    /// <param name="rowCount">The rows that it counts for.</param>
    /// <param name="reference">The column of the reference that the bins are of; null where it is not known.</param>
    public static FeatureWindow? Count(FeatureProfile profile, ColumnProfile column, double rowCount, ColumnProfile? reference = null)
    {
        if (profile is CategoricalFeatureProfile != column.IsCategorical || (!column.IsCategorical && !column.HasQuantiles))
        {
            return null;
        }

        var scale = column.Weight > 0 ? rowCount / column.Weight : 0;
        var missing = column.MissingShare * rowCount;
        if (profile is CategoricalFeatureProfile categories)
        {
            var window = new FeatureWindow(profile, 0);
            CountCategories(window.Histogram, categories, column, scale, rowCount - missing);
            window.Histogram.AddRows(window.Histogram.Counts.Length - 1, (long)Math.Round(column.Weight > 0 ? missing : 0));
            return window;
        }

        var distribution = column.ToDistribution()!;
        var numbers = new FeatureWindow(profile, 0, reference) { Numbers = (distribution, distribution.TotalWeight * scale) };
        var bins = (NumericFeatureProfile)profile;
        var counts = bins.IsConstant ? CountAround(bins.Minimum, distribution, column, scale) : CountNumbers(bins.Edges.AsSpan(), distribution, column, scale);
        for (var b = 0; b < counts.Length; b++)
        {
            numbers.Histogram.AddRows(b, counts[b]);
        }

        numbers.Histogram.AddRows(counts.Length, (long)Math.Round(column.Weight > 0 ? missing : 0));
        numbers.Extent!.AddSummary(column, distribution, scale);
        return numbers;
    }

    private static NumericFeatureProfile Numbers(ColumnProfile column, EmpiricalDistribution distribution, double rowCount, DriftBinning binning)
    {
        double[] edges = column.IsConstant ? [column.Minimum, Math.BitIncrement(column.Minimum)] : binning == DriftBinning.EqualWidth ? EqualWidthEdges(column, distribution) : Edges(distribution);
        var scale = column.Weight > 0 ? rowCount / column.Weight : 0;
        long[] counts = column.IsConstant ? [0, (long)Math.Round(distribution.TotalWeight * scale), 0] : CountNumbers(edges, distribution, column, scale);
        var missing = (long)Math.Round(column.Weight > 0 ? column.MissingShare * rowCount : 0);
        var summary = new NumericSummary(column.Mean, column.StandardDeviation, column.Minimum, column.Maximum);
        return new(column.Name, counts.Sum() + missing, missing, summary, [.. edges], [.. counts]);
    }

    // Between the steps of the sketch, so that both sides are cut where none of their values lies. A step that holds several deciles is a bin of its own.
    private static double[] Edges(EmpiricalDistribution distribution)
    {
        var (values, cumulative) = (distribution.Values.ToArray(), distribution.CumulativeWeights.ToArray());
        var edges = new List<double>();
        for (var i = 1; i < BinCount && values.Length > 1;)
        {
            var step = StepAt(cumulative, distribution.TotalWeight * i / BinCount);
            var next = i + 1;
            while (next < BinCount && StepAt(cumulative, distribution.TotalWeight * next / BinCount) == step)
            {
                next++;
            }

            if (next > i + 1 && step > 0)
            {
                Append(edges, Middle(values[step - 1], values[step]));
            }

            if (step + 1 < values.Length)
            {
                Append(edges, Middle(values[step], values[step + 1]));
            }

            i = next;
        }

        return [.. edges];
    }

    // Each edge between the two steps of the sketch that it lies between; the outer ones around the outermost steps.
    private static double[] EqualWidthEdges(ColumnProfile column, EmpiricalDistribution distribution)
    {
        var values = distribution.Values;
        if (values.IsEmpty)
        {
            return [];
        }

        var count = EqualWidthHistogram.DoaneBinCount(distribution, column.Mean, column.StandardDeviation);
        var step = (column.Maximum - column.Minimum) / count;
        var edges = new List<double> { values[0] };
        for (var i = 1; i < count; i++)
        {
            var below = SortedSearch.CountBelow(values, column.Minimum + (i * step));
            if (below > 0 && below < values.Length)
            {
                Append(edges, Middle(values[below - 1], values[below]));
            }
        }

        Append(edges, Math.BitIncrement(values[^1]));
        return [.. edges];
    }

    private static int StepAt(double[] cumulative, double weight)
    {
        var index = Array.BinarySearch(cumulative, weight);
        return Math.Min(index < 0 ? ~index : index, cumulative.Length - 1);
    }

    private static double Middle(double low, double high) => low + ((high - low) / 2) is var middle && middle > low ? middle : high;

    private static void Append(List<double> edges, double edge)
    {
        if (edges.Count == 0 || edge > edges[^1])
        {
            edges.Add(edge);
        }
    }

    private static long[] CountNumbers(ReadOnlySpan<double> edges, EmpiricalDistribution distribution, ColumnProfile column, double scale)
    {
        var counts = new long[edges.Length + 1];
        var below = 0.0;
        for (var b = 0; b < counts.Length; b++)
        {
            var upTo = b == edges.Length ? distribution.TotalWeight : WeightBelow(distribution, edges[b]);
            counts[b] = (long)Math.Round((upTo - below) * scale);
            below = upTo;
        }

        counts[0] += (long)Math.Round(column.NegativeInfinityWeight * scale);
        counts[^1] += (long)Math.Round(column.PositiveInfinityWeight * scale);
        return counts;
    }

    // Below, at and above the one value of the reference. A sketch knows its ends exactly and what lies close to the value not at all: that counts as the value, but for one row where an end says that something left it.
    private static long[] CountAround(double value, EmpiricalDistribution distribution, ColumnProfile column, double scale)
    {
        const double closeness = 0.011;
        var reach = Math.Abs(value) * closeness;
        var below = (long)Math.Round(WeightBelow(distribution, value - reach) * scale);
        var upTo = (long)Math.Round(WeightBelow(distribution, Math.BitIncrement(value + reach)) * scale);
        var all = (long)Math.Round(distribution.TotalWeight * scale);
        below = column.Minimum < value ? Math.Max(below, 1) : 0;
        var above = column.Maximum > value ? Math.Max(all - upTo, 1) : 0;
        return [below + (long)Math.Round(column.NegativeInfinityWeight * scale), Math.Max(all - below - above, 0), above + (long)Math.Round(column.PositiveInfinityWeight * scale)];
    }

    private static double WeightBelow(EmpiricalDistribution distribution, double edge)
        => SortedSearch.CountBelow(distribution.Values, edge) is > 0 and var steps ? distribution.CumulativeWeights[steps - 1] : 0;

    private static CategoricalFeatureProfile Categories(ColumnProfile column, double rowCount)
    {
        var scale = column.Weight > 0 ? rowCount / column.Weight : 0;
        var items = column.FrequentItems;
        var isComplete = items.All(i => i.LowerBound == i.UpperBound);
        ImmutableArray<CategoryCount> listed = [.. items.Take(MaximumCategories).Select(i => new CategoryCount(i.Name, (long)Math.Round(i.LowerBound * scale)))];
        ulong[] rare = isComplete ? [.. items.Skip(MaximumCategories).Select(i => CategoryBins.Hash(i.Name)).Order()] : [];
        var missing = (long)Math.Round(column.Weight > 0 ? column.MissingShare * rowCount : 0);
        var all = listed.Sum(c => c.Count);
        var other = Math.Max((long)Math.Round(rowCount) - missing - all, 0);
        other = isComplete && rare.Length == 0 ? 0 : other;
        return new(column.Name, all + other + missing, missing, listed, other, [.. rare], isComplete);
    }

    private static void CountCategories(FeatureHistogram histogram, CategoricalFeatureProfile profile, ColumnProfile column, double scale, double present)
    {
        var counted = 0.0;
        foreach (var item in column.FrequentItems)
        {
            var rows = item.LowerBound * scale;
            counted += rows;
            histogram.AddRows(profile.Bins.IndexOf(item.Name), (long)Math.Round(rows));
        }

        // Categories that the sketch could not keep apart.
        if (column.FrequentItems.Any(i => i.LowerBound != i.UpperBound))
        {
            histogram.AddRows(profile.Bins.OtherBin, (long)Math.Round(Math.Max(present - counted, 0)));
        }
    }
}
