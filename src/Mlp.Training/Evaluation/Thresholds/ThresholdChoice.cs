using System.Globalization;
using Mlp.Runtime.Statistics;

namespace Mlp.Training.Evaluation.Thresholds;

/// <summary>A threshold that was chosen on labelled rows. Immutable.</summary>
public sealed record ThresholdChoice
{
    /// <summary>By what it was chosen.</summary>
    public required ThresholdRule Rule { get; init; }

    /// <summary>The probability at and above which class 1 is said, 0 to 1: half way between two scores of the rows. It goes into <see cref="Export.ExportOptions.DecisionThreshold"/>.</summary>
    public required double Threshold { get; init; }

    /// <summary>Where 95 % of the thresholds lie that resamples of the rows choose; NaN without resamples, and where most of them allow none.</summary>
    public required ConfidenceInterval ThresholdInterval { get; init; }

    /// <summary>The rule's figure at the threshold: mean cost of a row, precision, recall, F, or Youden's index.</summary>
    public required double Value { get; init; }

    /// <summary>Where 95 % of the figures at this threshold lie over resamples; NaN without them.</summary>
    public required ConfidenceInterval ValueInterval { get; init; }

    /// <summary>Mean cost of a row at the threshold; NaN without costs.</summary>
    public required double ExpectedCost { get; init; }

    /// <summary>Where 95 % of the mean costs at this threshold lie over resamples; NaN without them.</summary>
    public required ConfidenceInterval ExpectedCostInterval { get; init; }

    /// <summary>Mean cost of a row at the threshold 0.5; NaN without costs.</summary>
    public required double ExpectedCostAtHalf { get; init; }

    /// <summary>Mean cost of a row where class 1 is said of every row; NaN without costs.</summary>
    public required double ExpectedCostOfAlwaysOne { get; init; }

    /// <summary>Mean cost of a row where class 0 is said of every row; NaN without costs.</summary>
    public required double ExpectedCostOfAlwaysZero { get; init; }

    /// <summary>Rows by predicted and true class at the threshold.</summary>
    public required ConfusionCounts Confusion { get; init; }

    /// <summary>Rows that it was chosen on.</summary>
    public required int RowCount { get; init; }

    /// <summary>The same numbers by name, for a model's manifest: <c>threshold.cost</c> and so on.</summary>
    public IReadOnlyDictionary<string, double> Metrics
    {
        get
        {
            var metrics = new SortedDictionary<string, double>(StringComparer.Ordinal)
            {
                ["threshold.lower"] = ThresholdInterval.Lower,
                ["threshold.upper"] = ThresholdInterval.Upper,
                ["threshold." + Rule.Name] = Value,
                ["threshold.rows"] = RowCount,
            };
            if (!double.IsNaN(ExpectedCost))
            {
                metrics["threshold.expected_cost"] = ExpectedCost;
                metrics["threshold.expected_cost_at_half"] = ExpectedCostAtHalf;
            }

            return metrics;
        }
    }

    /// <summary>The choice in a sentence.</summary>
    public override string ToString()
    {
        var cost = double.IsNaN(ExpectedCost) ? string.Empty : $"; a row costs {Number(ExpectedCost)}{Between(ExpectedCostInterval)}, at 0.5 {Number(ExpectedCostAtHalf)}";
        var figure = Rule.IsCost ? string.Empty : $": {Rule.Name} {Number(Value)}{Between(ValueInterval)}";
        return $"Class 1 is said at and above {Number(Threshold)}{Between(ThresholdInterval)}{figure}{cost}.";
    }

    private static string Between(ConfidenceInterval interval) => double.IsNaN(interval.Lower) ? string.Empty : $" (95 %: {Number(interval.Lower)} to {Number(interval.Upper)})";

    private static string Number(double value) => value.ToString("0.####", CultureInfo.InvariantCulture);
}
