using System.Text.Json.Serialization;
using Mlp.Runtime.Models;
using Mlp.Runtime.Statistics;

namespace Mlp.Monitoring.Performance;

/// <summary>
/// How good a model version is on the predictions whose truth became known. Counts are of logged rows; metrics and shares weigh each row with the number of predictions it stands for. Immutable.
/// </summary>
[JsonNumberHandling(JsonNumberHandling.AllowNamedFloatingPointLiterals)]
public sealed record PerformanceResult
{
    /// <summary>Model name.</summary>
    public required string Model { get; init; }

    /// <summary>Model version.</summary>
    public required int Version { get; init; }

    /// <summary>The role in which it answered; null for all roles together.</summary>
    public string? Variant { get; init; }

    /// <summary>The part of the traffic, for example <c>area=8</c>; null for all of it.</summary>
    public string? Slice { get; init; }

    /// <summary>What the model predicts, which decides on the metrics.</summary>
    public required ModelTask Task { get; init; }

    /// <summary>First request time asked for; null for the beginning.</summary>
    public DateTimeOffset? From { get; init; }

    /// <summary>Request time up to which was asked, exclusive; null for the end.</summary>
    public DateTimeOffset? To { get; init; }

    /// <summary>Predictions in the log, failed ones included.</summary>
    public required long PredictionCount { get; init; }

    /// <summary>Predictions that the model answered.</summary>
    public required long ScoredCount { get; init; }

    /// <summary>Answered predictions that have a label by now.</summary>
    public required long LabelledCount { get; init; }

    /// <summary>How many predictions the answered ones stand for: the sum of their sampling weights, which is <see cref="ScoredCount"/> where every prediction was logged.</summary>
    public required double ScoredWeight { get; init; }

    /// <summary>How many predictions the labelled ones stand for: the sum of their sampling weights.</summary>
    public required double LabelledWeight { get; init; }

    /// <summary>Labelled predictions left out of the metrics: the score is NaN, the label is not one that the model's task can have, or the sampling weight is not finite or not above 0.</summary>
    public required long UnusableCount { get; init; }

    /// <summary>Those of <see cref="UnusableCount"/> whose label the model's task cannot have: other than 0 and 1 for a binary model, no index of a class for several.</summary>
    public long WrongLabelCount { get; init; }

    /// <summary>Queries of a ranking model whose answers have different sampling weights, so that answers may be missing among them: with any of them there are no figures.</summary>
    public long TornQueryCount { get; init; }

    /// <summary>Predictions of the window that are left out because they are younger than <see cref="EvaluationOptions.Maturity"/>; they are in no other count.</summary>
    public long ImmatureCount { get; init; }

    /// <summary>What keeps the result from having figures, or makes them doubtful, in a sentence; null where nothing does.</summary>
    public string? Problem { get; init; }

    /// <summary>Share of the answered predictions that have a label, 0 to 1; NaN without answers. Quality of a window whose labels are still coming in belongs to those that came first.</summary>
    public double LabelMaturity => LabelledWeight / ScoredWeight;

    /// <summary>AUC, log loss, calibration and so on, computed exactly as on a holdout; null for other tasks and without usable labels.</summary>
    public BinaryClassificationMetrics? BinaryClassification { get; init; }

    /// <summary>The errors of a regression; null for other tasks and without usable labels.</summary>
    public RegressionMetrics? Regression { get; init; }

    /// <summary>The quality of a classifier of several classes; null for other tasks and without usable labels.</summary>
    public MulticlassMetrics? Multiclass { get; init; }

    /// <summary>How well a ranking model orders; null for other tasks and without usable labels. Each query counts with the sampling weight that its answers have in common.</summary>
    public RankingMetrics? Ranking { get; init; }

    /// <summary>The loss of a regression's prediction as each quantile that was asked for; empty for other tasks.</summary>
    public IReadOnlyDictionary<double, double> QuantileLosses { get; init; } = new Dictionary<double, double>();

    /// <summary>
    /// The 95 % confidence intervals of the figures that have one, by the names of <see cref="FigureNames"/>: DeLong's for an area, Wilson's for shares, the normal distribution for means, a seeded
    /// bootstrap for average precision, R² and the averages over classes. Without options an evaluation need not have any.
    /// </summary>
    public IReadOnlyDictionary<string, ConfidenceInterval> Intervals { get; init; } = new Dictionary<string, ConfidenceInterval>();
}
