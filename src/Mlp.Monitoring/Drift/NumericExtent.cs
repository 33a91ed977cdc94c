using Mlp.Runtime.Statistics;
using Mlp.Runtime.Statistics.Profiles;

namespace Mlp.Monitoring.Drift;

/// <summary>How far the numbers of a window reach, and how many rows lie outside the reference's range. NaN is missing and passed over. Not thread-safe.</summary>
/// <param name="low">Smallest value of the reference; NaN where it has none.</param>
/// <param name="high">Largest value of the reference.</param>
internal sealed class NumericExtent(double low, double high)
{
    private readonly float _lowSingle = (float)low;
    private readonly float _highSingle = (float)high;

    /// <summary>Smallest number; +∞ without numbers.</summary>
    public double Minimum { get; private set; } = double.PositiveInfinity;

    /// <summary>Largest number; −∞ without numbers.</summary>
    public double Maximum { get; private set; } = double.NegativeInfinity;

    /// <summary>Weight of the rows below the reference's range.</summary>
    public double Below { get; private set; }

    /// <summary>Weight of the rows above it.</summary>
    public double Above { get; private set; }

    /// <summary>Counts a number.</summary>
    public void Add(double value, double weight)
    {
        Below += value < low ? weight : 0;
        Above += value > high ? weight : 0;
        Extend(value, value);
    }

    /// <summary>Counts a number of a float32 feature: its reference may have been kept in float64.</summary>
    public void Add(float value, double weight)
    {
        Below += value < _lowSingle ? weight : 0;
        Above += value > _highSingle ? weight : 0;
        Extend(value, value);
    }

    /// <summary>Counts a column of weight 1.</summary>
    public void AddRange(ReadOnlySpan<float> values)
    {
        var (below, above) = (0, 0);
        var (minimum, maximum) = (float.PositiveInfinity, float.NegativeInfinity);
        foreach (var value in values)
        {
            below += value < _lowSingle ? 1 : 0;
            above += value > _highSingle ? 1 : 0;
            minimum = value < minimum ? value : minimum;
            maximum = value > maximum ? value : maximum;
        }

        Below += below;
        Above += above;
        Extend(minimum, maximum);
    }

    /// <inheritdoc cref="AddRange(ReadOnlySpan{float})"/>
    public void AddRange(ReadOnlySpan<double> values)
    {
        foreach (var value in values)
        {
            Add(value, 1);
        }
    }

    /// <summary>Takes what a profile says: both ends and infinities exactly, and the weight beyond the reference's as its sketch has it.</summary>
    public void AddSummary(ColumnProfile column, EmpiricalDistribution distribution, double scale)
    {
        var (minimum, maximum) = (column.Minimum, column.Maximum);
        var belowSteps = SortedSearch.CountBelow(distribution.Values, low);
        var upToSteps = SortedSearch.CountBelow(distribution.Values, Math.BitIncrement(high));
        Below += minimum < low && belowSteps > 0 ? distribution.CumulativeWeights[belowSteps - 1] * scale : 0;
        Above += maximum > high ? (distribution.TotalWeight - (upToSteps > 0 ? distribution.CumulativeWeights[upToSteps - 1] : 0)) * scale : 0;
        if (column.NegativeInfinityCount > 0)
        {
            Add(double.NegativeInfinity, column.NegativeInfinityWeight * scale);
        }

        if (column.PositiveInfinityCount > 0)
        {
            Add(double.PositiveInfinity, column.PositiveInfinityWeight * scale);
        }

        Extend(minimum, maximum);
    }

    /// <summary>Adds another window over the same reference.</summary>
    public void Merge(NumericExtent other)
    {
        Below += other.Below;
        Above += other.Above;
        Extend(other.Minimum, other.Maximum);
    }

    /// <summary>Starts over.</summary>
    public void Clear()
    {
        (Below, Above) = (0, 0);
        (Minimum, Maximum) = (double.PositiveInfinity, double.NegativeInfinity);
    }

    private void Extend(double minimum, double maximum)
    {
        Minimum = minimum < Minimum ? minimum : Minimum;
        Maximum = maximum > Maximum ? maximum : Maximum;
    }
}
