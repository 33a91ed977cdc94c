using System.Text.Json.Serialization;
using Mlp.Runtime.Statistics;

namespace Mlp.Training.Evaluation.Slices;

/// <summary>How good a model is on a part of the rows. Immutable.</summary>
[JsonNumberHandling(JsonNumberHandling.AllowNamedFloatingPointLiterals)]
public sealed record SliceResult
{
    /// <summary>The part, for example <c>company=red</c> or <c>fare=10..20</c>.</summary>
    public required string Name { get; init; }

    /// <summary>Rows in it.</summary>
    public required long RowCount { get; init; }

    /// <summary>By how much the part is worse than all rows, in the unit of the metric that was asked for; negative where it is better, NaN where the metric is not defined on the part.</summary>
    public required double Deficit { get; init; }

    /// <summary>Whether the part is worse beyond chance: the 95 % interval of its metric leaves out the value of all rows. False without intervals.</summary>
    public required bool IsWorse { get; init; }

    /// <summary>The metrics by name.</summary>
    public required IReadOnlyDictionary<string, double> Metrics { get; init; }

    /// <summary>Their 95 % confidence intervals, of those that have one.</summary>
    public required IReadOnlyDictionary<string, ConfidenceInterval> Intervals { get; init; }
}
