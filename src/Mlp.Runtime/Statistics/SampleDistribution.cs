namespace Mlp.Runtime.Statistics;

/// <summary>Makes an <see cref="EmpiricalDistribution"/> of values themselves.</summary>
internal static class SampleDistribution
{
    /// <summary>The distribution of a sample in which every row counts once.</summary>
    /// <param name="ascending">Values in ascending order, without NaN.</param>
    internal static EmpiricalDistribution OfSorted(ReadOnlySpan<double> ascending)
    {
        var distinct = 0;
        for (var i = 0; i < ascending.Length; i++)
        {
            distinct += i + 1 == ascending.Length || ascending[i + 1] != ascending[i] ? 1 : 0;
        }

        var (values, weights) = (new double[distinct], new double[distinct]);
        for (var (i, d) = (0, 0); i < ascending.Length; i++)
        {
            if (i + 1 == ascending.Length || ascending[i + 1] != ascending[i])
            {
                (values[d], weights[d++]) = (ascending[i], i + 1);
            }
        }

        return new(values, weights);
    }

    /// <summary>The distribution of rows that have weights.</summary>
    /// <param name="values">Values without NaN, in any order; sorted in place.</param>
    /// <param name="weights">How many rows each stands for, above 0; brought into the order of the values.</param>
    internal static EmpiricalDistribution OfWeighted(double[] values, double[] weights)
    {
        Array.Sort(values, weights);
        var (steps, cumulative) = (new List<double>(values.Length), new List<double>(values.Length));
        var sum = 0.0;
        for (var i = 0; i < values.Length; i++)
        {
            sum += weights[i];
            if (steps.Count > 0 && steps[^1] == values[i])
            {
                cumulative[^1] = sum;
            }
            else
            {
                steps.Add(values[i]);
                cumulative.Add(sum);
            }
        }

        return new([.. steps], [.. cumulative]);
    }
}
