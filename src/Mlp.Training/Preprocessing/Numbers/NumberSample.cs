using Mlp.Runtime.Statistics.Sketches;

namespace Mlp.Training.Preprocessing.Numbers;

/// <summary>
/// The finite values of one number over training rows. Rows of one table are read where they lie, as often as a statistic needs them; as soon as a second table comes, what was seen
/// is kept in bounded memory: moments, and, where they are needed, the values, or a KLL sketch of them beyond <see cref="ExactCount"/>. Not thread-safe.
/// </summary>
/// <param name="keepsValues">Whether more than moments is needed of several tables.</param>
/// <param name="exactCount">Up to how many values quantiles are exact.</param>
internal sealed class NumberSample(bool keepsValues, int exactCount = NumberSample.ExactCount)
{
    /// <summary>Up to how many values quantiles are exact.</summary>
    public const int ExactCount = 250_000;

    /// <summary>k of the sketch beyond: a rank is off by 0.07 % at most, with a probability of 99 %.</summary>
    public const int SketchSize = 4096;

    private INumberSource? _only;
    private int _onlyCount;
    private Moments _moments = new();
    private List<double>? _kept = [];
    private Kll? _sketch;

    /// <summary>Rows without a finite value.</summary>
    public long MissingCount { get; private set; }

    /// <summary>Rows with one.</summary>
    public long Count { get; private set; }

    private bool IsStream { get; set; }

    /// <summary>Takes the first rows of a column.</summary>
    public void Add(INumberSource source, int rowCount)
    {
        var values = Finite(source, rowCount);
        Count += values.Length;
        MissingCount += rowCount - values.Length;
        if (_only is null && !IsStream)
        {
            (_only, _onlyCount) = (source, rowCount);
            return;
        }

        if (_only is { } first)
        {
            Keep(Finite(first, _onlyCount));
            (_only, IsStream) = (null, true);
        }

        Keep(values);
    }

    /// <summary>Mean and population standard deviation; 0 and 1 without values, the value and 1 where all are equal.</summary>
    public (double Mean, double Deviation) MeanAndDeviation() => IsStream
        ? Count == 0 ? (0, 1) : _moments.Minimum == _moments.Maximum ? (_moments.Mean, 1) : (_moments.Mean, Math.Sqrt(_moments.Variance))
        : ToValues().MeanAndDeviation();

    /// <summary>The values, for statistics of all kinds; of several tables only where they were kept.</summary>
    public NumberValues ToValues()
    {
        if (_only is { } source)
        {
            return new(Finite(source, _onlyCount), null, exactCount);
        }

        if (_sketch is null)
        {
            return new([.. _kept!], null, exactCount);
        }

        var distribution = _sketch.ToDistribution();
        var weights = distribution.CumulativeWeights.ToArray();
        for (var i = weights.Length - 1; i > 0; i--)
        {
            weights[i] -= weights[i - 1];
        }

        var values = distribution.Values.ToArray();
        (values[0], values[^1]) = (_sketch.Minimum, _sketch.Maximum);
        return new(values, weights, exactCount);
    }

    private void Keep(double[] values)
    {
        _moments.Add(values);
        if (!keepsValues)
        {
            return;
        }

        if (_kept is { } kept && kept.Count + values.Length <= exactCount)
        {
            kept.AddRange(values);
            return;
        }

        _sketch ??= new(SketchSize);
        if (_kept is { } all)
        {
            _sketch.Add([.. all]);
            _kept = null;
        }

        _sketch.Add(values);
    }

    private static double[] Finite(INumberSource source, int rowCount)
    {
        var values = new double[rowCount];
        source.Read(0, values);
        var count = 0;
        foreach (var value in values)
        {
            if (double.IsFinite(value))
            {
                values[count++] = value;
            }
        }

        return values[..count];
    }
}
