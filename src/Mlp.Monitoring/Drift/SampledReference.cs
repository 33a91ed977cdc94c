using Mlp.Runtime.Statistics;

namespace Mlp.Monitoring.Drift;

/// <summary>
/// Profiles of reference rows that sampling has picked. Bins are chosen by weight and counts are weights, scaled to (Σ w)² / Σ w² rows in all: as many rows of equal weight say as much (Kish, "Survey Sampling", 1965), and that is the number
/// that tests count on. Counts are whole, so a share is off by less than one such row. Immutable.
/// </summary>
internal sealed class SampledReference
{
    private const int FewestPicks = 1_000;
    private const int MostPicks = 100_000;

    private readonly double[] _weights;
    private readonly int[] _picks;

    /// <summary>Takes the weights.</summary>
    /// <param name="weights">Of each row, above 0.</param>
    public SampledReference(double[] weights)
    {
        _weights = weights;
        Weight = weights.Sum();
        RowCount = (long)Math.Round(Weight * Weight / weights.Sum(w => w * w));
        _picks = Pick((int)Math.Clamp(RowCount, FewestPicks, MostPicks));
    }

    /// <summary>Σ w: the rows that those picked stand for.</summary>
    public double Weight { get; }

    /// <summary>(Σ w)² / Σ w², to a whole row.</summary>
    public long RowCount { get; }

    /// <summary>A numeric feature.</summary>
    /// <param name="name">Its name.</param>
    /// <param name="numbers">One per row; NaN is missing.</param>
    /// <param name="isSingle">Whether they are float32.</param>
    /// <param name="rules">Which bins.</param>
    public NumericFeatureProfile Numeric(string name, IReadOnlyList<double> numbers, bool isSingle, DriftRules rules)
    {
        var builder = new ReferenceProfileBuilder();
        _ = isSingle ? builder.AddNumeric(name, System.Array.ConvertAll(_picks, i => (float)numbers[i])) : builder.AddNumeric(name, System.Array.ConvertAll(_picks, i => numbers[i]));
        var bins = (NumericFeatureProfile)DriftReference.Rebin(builder.Build(), rules).Features[0];
        var histogram = new FeatureHistogram(bins);
        for (var i = 0; i < _weights.Length; i++)
        {
            if (isSingle)
            {
                histogram.Add((float)numbers[i], _weights[i]);
            }
            else
            {
                histogram.Add(numbers[i], _weights[i]);
            }
        }

        var counts = Scale(histogram);
        return new(name, counts.Sum(), counts[^1], Summarise(Distribution(numbers)), bins.Edges, [.. counts[..^1]]);
    }

    /// <summary>A categorical feature.</summary>
    /// <param name="name">Its name.</param>
    /// <param name="categories">One per row; null is missing.</param>
    public CategoricalFeatureProfile Categorical(string name, IReadOnlyList<string?> categories)
    {
        var bins = (CategoricalFeatureProfile)new ReferenceProfileBuilder().AddCategorical(name, [.. categories]).Build().Features[0];
        var histogram = new FeatureHistogram(bins);
        for (var i = 0; i < _weights.Length; i++)
        {
            if (categories[i] is { } category)
            {
                histogram.AddCategory(category, _weights[i]);
            }
            else
            {
                histogram.AddWeightedMissing(_weights[i]);
            }
        }

        var counts = Scale(histogram);
        var listed = bins.Categories.Select((c, i) => new CategoryCount(c.Name, counts[i])).OrderByDescending(c => c.Count).ThenBy(c => c.Name, StringComparer.Ordinal);
        return new(name, counts.Sum(), counts[^1], [.. listed], counts[bins.Categories.Length], bins.RareHashes, bins.KnowsRareCategories);
    }

    /// <summary>The distribution of the finite numbers, each with its weight.</summary>
    /// <param name="numbers">One per row.</param>
    public EmpiricalDistribution Distribution(IReadOnlyList<double> numbers)
    {
        int[] finite = [.. Enumerable.Range(0, _weights.Length).Where(i => double.IsFinite(numbers[i]))];
        return SampleDistribution.OfWeighted(System.Array.ConvertAll(finite, i => numbers[i]), System.Array.ConvertAll(finite, i => _weights[i]));
    }

    private static NumericSummary Summarise(EmpiricalDistribution distribution)
    {
        if (!(distribution.TotalWeight > 0))
        {
            return NumericSummary.Of([]);
        }

        var (values, cumulative) = (distribution.Values.ToArray(), distribution.CumulativeWeights.ToArray());
        double Weigh(Func<double, double> of) => values.Select((v, i) => of(v) * (cumulative[i] - (i == 0 ? 0 : cumulative[i - 1]))).Sum() / cumulative[^1];
        var mean = Weigh(v => v);
        return new(mean, Math.Sqrt(Weigh(v => (v - mean) * (v - mean))), values[0], values[^1]);
    }

    // To whole rows that add up to all of them: what is cut off goes to the bins that lost most.
    private long[] Scale(FeatureHistogram histogram)
    {
        var exact = System.Array.ConvertAll(histogram.GetWeights(), w => w * RowCount / Weight);
        var counts = System.Array.ConvertAll(exact, rows => (long)rows);
        foreach (var bin in Enumerable.Range(0, counts.Length).OrderByDescending(b => exact[b] - counts[b]).Take((int)(RowCount - counts.Sum())))
        {
            counts[bin]++;
        }

        return counts;
    }

    // Systematic: every row as often as its weight says, to one.
    private int[] Pick(int count)
    {
        var picks = new int[count];
        var (row, below) = (0, 0.0);
        for (var i = 0; i < count; i++)
        {
            var target = (i + 0.5) / count * Weight;
            while (row < _weights.Length - 1 && below + _weights[row] <= target)
            {
                below += _weights[row++];
            }

            picks[i] = row;
        }

        return picks;
    }
}
