using Mlp.Runtime.Statistics.Sketches;

namespace Mlp.Training.Preprocessing.Numbers;

/// <summary>
/// The finite values of one number over training rows. Rows of one table are read where they lie, as often as a statistic needs them; as soon as a second table comes, what was seen
/// is kept in bounded memory. Not thread-safe.
/// </summary>
internal sealed class NumberSample
{
    private INumberSource? _only;
    private int _onlyCount;
    private Moments _moments = new();
    private bool _isStream;

    /// <summary>Rows without a finite value.</summary>
    public long MissingCount { get; private set; }

    /// <summary>Rows with one.</summary>
    public long Count { get; private set; }

    /// <summary>Takes the first rows of a column.</summary>
    public void Add(INumberSource source, int rowCount)
    {
        var values = Finite(source, rowCount);
        Count += values.Length;
        MissingCount += rowCount - values.Length;
        if (_only is null && !_isStream)
        {
            (_only, _onlyCount) = (source, rowCount);
            return;
        }

        if (_only is { } first)
        {
            _moments.Add(Finite(first, _onlyCount));
            (_only, _isStream) = (null, true);
        }

        _moments.Add(values);
    }

    /// <summary>Mean and population standard deviation; 0 and 1 without values, the value and 1 where all are equal.</summary>
    /// <param name="feature">For messages.</param>
    /// <exception cref="TrainingDataException">The values are too large to have a standard deviation.</exception>
    public (double Mean, double Deviation) MeanAndDeviation(string feature)
    {
        var (mean, deviation) = _only is { } source ? Exact(Finite(source, _onlyCount)) : Streamed();
        return double.IsFinite(mean) && deviation is > 0 and < double.PositiveInfinity
            ? (mean, deviation)
            : throw new TrainingDataException($"Expected numbers below 1e150 in magnitude in column '{feature}', but found some that have no standard deviation.", feature);
    }

    private (double Mean, double Deviation) Streamed()
        => Count == 0 ? (0, 1) : _moments.Minimum == _moments.Maximum ? (_moments.Mean, 1) : (_moments.Mean, Math.Sqrt(_moments.Variance));

    private static (double Mean, double Deviation) Exact(double[] values)
    {
        if (values.Length == 0 || values.Min() == values.Max())
        {
            return (values.Length == 0 ? 0 : values[0], 1);
        }

        double sum = 0;
        foreach (var value in values)
        {
            sum += value;
        }

        var mean = sum / values.Length;
        double squares = 0;
        foreach (var value in values)
        {
            var distance = value - mean;
            squares += double.IsFinite(distance) ? distance * distance : 0;
        }

        return (mean, Math.Sqrt(squares / values.Length));
    }

    private static double[] Finite(INumberSource source, int rowCount)
    {
        var values = new double[rowCount];
        var count = 0;
        for (var row = 0; row < rowCount; row++)
        {
            var value = source.NumberAt(row);
            if (double.IsFinite(value))
            {
                values[count++] = value;
            }
        }

        return values[..count];
    }
}
