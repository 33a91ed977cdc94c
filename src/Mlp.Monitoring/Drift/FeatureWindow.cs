using Mlp.Runtime.Statistics;
using Mlp.Runtime.Statistics.Profiles;

namespace Mlp.Monitoring.Drift;

/// <summary>What is kept of one feature of a window: counts over the bins of the reference, how far its numbers reach and, where the test needs them, a sample of the numbers. Not thread-safe.</summary>
internal sealed class FeatureWindow
{
    private readonly NumericExtent? _extent;

    /// <summary>Creates an empty one.</summary>
    /// <param name="profile">The reference.</param>
    /// <param name="sampleLimit">Numbers that are kept at most; 0 for none.</param>
    /// <param name="sketches">The same reference as sketches, which know whether it had infinities; null for those of the profile.</param>
    public FeatureWindow(FeatureProfile profile, int sampleLimit, ColumnProfile? sketches = null)
    {
        Histogram = new FeatureHistogram(profile);
        if (profile is NumericFeatureProfile numbers)
        {
            sketches ??= profile.Sketches;
            _extent = new NumericExtent(
                sketches is { NegativeInfinityCount: > 0 } ? double.NegativeInfinity : numbers.Minimum, sketches is { PositiveInfinityCount: > 0 } ? double.PositiveInfinity : numbers.Maximum);
            Values = sampleLimit > 0 ? new ValueSample(sampleLimit) : null;
        }
    }

    /// <summary>Counts over the bins of the reference.</summary>
    public FeatureHistogram Histogram { get; }

    /// <summary>How far the numbers reach; null for categories.</summary>
    public NumericExtent? Extent => _extent;

    /// <summary>The numbers, where they are kept.</summary>
    public ValueSample? Values { get; }

    /// <summary>The distribution of the numbers, and how many rows a test may count on; null where nothing is kept of them but bins.</summary>
    public (EmpiricalDistribution Distribution, double RowCount)? Numbers
    {
        get => field ?? (Values is null ? null : (Values.ToDistribution(), Values.EffectiveRowCount));
        init;
    }

    public void Add(double value, double weight)
    {
        Histogram.Add(value, weight);
        _extent!.Add(value, weight);
        Values?.Add(value, weight);
    }

    public void Add(float value, double weight)
    {
        Histogram.Add(value, weight);
        _extent!.Add(value, weight);
        Values?.Add(value, weight);
    }

    public void AddRange(ReadOnlySpan<float> values)
    {
        Histogram.AddRange(values);
        _extent!.AddRange(values);
        for (var i = 0; i < values.Length && Values is not null; i++)
        {
            Values.Add(values[i], 1);
        }
    }

    public void AddRange(ReadOnlySpan<double> values)
    {
        Histogram.AddRange(values);
        _extent!.AddRange(values);
        for (var i = 0; i < values.Length && Values is not null; i++)
        {
            Values.Add(values[i], 1);
        }
    }

    public void Merge(FeatureWindow other)
    {
        Histogram.Merge(other.Histogram);
        _extent?.Merge(other._extent!);
        Values?.Merge(other.Values!);
    }

    public void Clear()
    {
        Histogram.Clear();
        _extent?.Clear();
        Values?.Clear();
    }
}
