using System.Runtime.InteropServices;
using Mlp.Runtime.Statistics.Sketches;

namespace Mlp.Training.Preprocessing.Numbers;

/// <summary>
/// Finite values that statistics are learned of: all of them, or those that a sketch has kept, each with the number of values that it stands for. Quantiles of at most
/// <see cref="NumberSample.ExactCount"/> values are exact and linear between neighbours; of more they are those of the sketch. Not thread-safe.
/// </summary>
/// <param name="values">The values; changed by <see cref="Map"/>.</param>
/// <param name="weights">How many values each stands for; null for one each.</param>
/// <param name="exactCount">Up to how many values quantiles are exact.</param>
internal sealed class NumberValues(double[] values, double[]? weights, int exactCount)
{
    private (double[] Values, double[]? Cumulative)? _sorted;

    public ReadOnlySpan<double> Values => values;

    /// <summary>Number of values.</summary>
    public double Count => weights?.Sum() ?? values.Length;

    public double Minimum => Sorted.Values[0];

    public double Maximum => Sorted.Values[^1];

    private (double[] Values, double[]? Cumulative) Sorted => _sorted ??= Sort();

    /// <summary>How many values the value at a position stands for.</summary>
    public double WeightAt(int index) => weights?[index] ?? 1;

    /// <summary>Replaces every value.</summary>
    public void Map(Func<double, double> function)
    {
        for (var i = 0; i < values.Length; i++)
        {
            values[i] = function(values[i]);
        }

        _sorted = null;
    }

    /// <summary>Mean and population standard deviation; 0 and 1 without values, the value and 1 where all are equal.</summary>
    public (double Mean, double Deviation) MeanAndDeviation()
    {
        if (values.Length == 0 || values.Min() == values.Max())
        {
            return (values.Length == 0 ? 0 : values[0], 1);
        }

        double sum = 0;
        for (var i = 0; i < values.Length; i++)
        {
            sum += WeightAt(i) * values[i];
        }

        var mean = sum / Count;
        double squares = 0;
        for (var i = 0; i < values.Length; i++)
        {
            var distance = values[i] - mean;
            squares += double.IsFinite(distance) ? WeightAt(i) * distance * distance : 0;
        }

        return (mean, Math.Sqrt(squares / Count));
    }

    /// <summary>A quantile: of values without weights linear between neighbours, at rank share · (n − 1) from 0.</summary>
    /// <param name="share">0 to 1.</param>
    public double Quantile(double share)
    {
        var (sorted, cumulative) = Sorted;
        if (cumulative is not null)
        {
            var found = Array.BinarySearch(cumulative, share * cumulative[^1]);
            return share == 1 ? sorted[^1] : sorted[Math.Min(found < 0 ? ~found : found, sorted.Length - 1)];
        }

        var rank = share * (sorted.Length - 1);
        var below = Math.Min((int)rank, sorted.Length - 1);
        var (lower, upper, part) = (sorted[below], sorted[Math.Min(below + 1, sorted.Length - 1)], rank - below);

        // From the nearer end, as numpy's interpolation does.
        return part < 0.5 ? lower + ((upper - lower) * part) : upper - ((upper - lower) * (1 - part));
    }

    /// <summary>The value that occurs most often, the least of several.</summary>
    public double MostFrequent()
    {
        var counts = new Dictionary<double, double>();
        for (var i = 0; i < values.Length; i++)
        {
            CollectionsMarshal.GetValueRefOrAddDefault(counts, values[i], out _) += WeightAt(i);
        }

        return counts.OrderByDescending(c => c.Value).ThenBy(c => c.Key).First().Key;
    }

    private (double[] Values, double[]? Cumulative) Sort()
    {
        if (weights is null && values.Length > exactCount)
        {
            var sketch = new Kll(NumberSample.SketchSize);
            sketch.Add(values);
            var distribution = sketch.ToDistribution();
            var (steps, cumulative) = (distribution.Values.ToArray(), distribution.CumulativeWeights.ToArray());
            (steps[0], steps[^1]) = (sketch.Minimum, sketch.Maximum);
            return (steps, cumulative);
        }

        var sorted = (double[])values.Clone();
        if (weights is null)
        {
            Array.Sort(sorted);
            return (sorted, null);
        }

        var sums = (double[])weights.Clone();
        Array.Sort(sorted, sums);
        for (var i = 1; i < sums.Length; i++)
        {
            sums[i] += sums[i - 1];
        }

        return (sorted, sums);
    }
}
