using System.Numerics;
using System.Text.Json.Serialization;

namespace Mlp.Runtime.Statistics;

/// <summary>
/// The quality of a binary classifier's scores on labelled rows. The same rows give the same bits in any order, so a live figure can be
/// compared with the offline one. Immutable; safe for use by many threads.
/// </summary>
/// <remarks>
/// Scores may be any numbers without NaN. Log loss, Brier and calibration need probabilities: they are NaN (and <see cref="Calibration"/>
/// is empty) where a score leaves [0, 1] by more than <see cref="ProbabilityTolerance"/>; smaller excursions, which float32 arithmetic
/// produces, are moved to the nearer end. A ratio whose denominator is 0 is NaN: AUC with a single class, recall without positives,
/// precision where nothing was predicted positive. JSON writes NaN as the string "NaN".
/// </remarks>
[JsonNumberHandling(JsonNumberHandling.AllowNamedFloatingPointLiterals)]
public sealed record BinaryClassificationMetrics
{
    /// <summary>How far a score may lie outside [0, 1] and still be taken for a probability: 1e-6.</summary>
    public const double ProbabilityTolerance = 1e-6;

    /// <summary>The number of calibration bins: 10.</summary>
    public const int CalibrationBinCount = 10;

    /// <summary>Labelled rows, at least 1.</summary>
    public required long RowCount { get; init; }

    /// <summary>Rows whose label is 1.</summary>
    public required long PositiveCount { get; init; }

    /// <summary>Area under the ROC curve, 0 to 1, ties counted one half; NaN with a single class.</summary>
    public required double Auc { get; init; }

    /// <summary>Average precision, 0 to 1; NaN without positives.</summary>
    public required double AveragePrecision { get; init; }

    /// <summary>
    /// Mean of −ln of the probability given to what happened, clipped at 2^-52; 0 is perfect. NaN where the scores are no probabilities.
    /// </summary>
    public required double LogLoss { get; init; }

    /// <summary>Mean squared distance of probability and outcome, 0 (perfect) to 1. NaN where the scores are no probabilities.</summary>
    public required double Brier { get; init; }

    /// <summary>The decision threshold: a score at or above it is predicted positive.</summary>
    public required double Threshold { get; init; }

    /// <summary>Rows by predicted and true class at <see cref="Threshold"/>.</summary>
    public required ConfusionCounts Confusion { get; init; }

    /// <summary>Share of rows predicted rightly at <see cref="Threshold"/>.</summary>
    public double Accuracy => Confusion.Accuracy;

    /// <summary>Share of true positives among the rows predicted positive; NaN where there are none.</summary>
    public double Precision => Confusion.Precision;

    /// <summary>Share of the positive rows that were predicted positive; NaN where there are none.</summary>
    public double Recall => Confusion.Recall;

    /// <summary>Harmonic mean of precision and recall; NaN where nothing is positive and nothing was predicted so.</summary>
    public double F1 => Confusion.F1;

    /// <summary>Expected calibration error over bins of equal width, 0 to 1. NaN where the scores are no probabilities.</summary>
    public required double ExpectedCalibrationError { get; init; }

    /// <summary>Expected calibration error over bins of equal row count, 0 to 1. NaN where the scores are no probabilities.</summary>
    public required double EqualMassCalibrationError { get; init; }

    /// <summary>
    /// Largest gap between mean score and positive share over bins of equal width, 0 to 1. NaN where the scores are no probabilities.
    /// </summary>
    public required double MaximumCalibrationError { get; init; }

    /// <summary>
    /// The reliability diagram: <see cref="CalibrationBinCount"/> bins of equal width over [0, 1], or empty where the scores are no
    /// probabilities.
    /// </summary>
    public required IReadOnlyList<CalibrationBin> Calibration { get; init; }

    /// <summary>Computes every metric.</summary>
    /// <param name="scores">Shape (rows). Compared with the threshold as double, to which float32 widens exactly.</param>
    /// <param name="labels">Shape (rows), 0 or 1.</param>
    /// <param name="threshold">Decision threshold; 0.5 by default.</param>
    /// <exception cref="ArgumentException">No rows, lengths that differ, a NaN score or threshold, or a label other than 0 and
    /// 1.</exception>
    public static BinaryClassificationMetrics Compute(ReadOnlySpan<float> scores, ReadOnlySpan<byte> labels, double threshold = 0.5)
        => Evaluate(scores, labels, threshold);

    /// <inheritdoc cref="Compute(ReadOnlySpan{float}, ReadOnlySpan{byte}, double)"/>
    public static BinaryClassificationMetrics Compute(ReadOnlySpan<double> scores, ReadOnlySpan<byte> labels, double threshold = 0.5)
        => Evaluate(scores, labels, threshold);

    /// <inheritdoc cref="Compute(ReadOnlySpan{float}, ReadOnlySpan{byte}, double)"/>
    public static BinaryClassificationMetrics Compute(ReadOnlySpan<float> scores, ReadOnlySpan<bool> labels, double threshold = 0.5)
        => Evaluate(scores, ClassScores.AsBytes(labels), threshold);

    /// <inheritdoc cref="Compute(ReadOnlySpan{float}, ReadOnlySpan{byte}, double)"/>
    public static BinaryClassificationMetrics Compute(ReadOnlySpan<double> scores, ReadOnlySpan<bool> labels, double threshold = 0.5)
        => Evaluate(scores, ClassScores.AsBytes(labels), threshold);

    /// <summary>Computes every metric over rows of which each stands for a number of rows. Where every weight is 1, the same bits as without weights.</summary>
    /// <param name="scores">Shape (rows).</param>
    /// <param name="labels">Shape (rows), 0 or 1.</param>
    /// <param name="weights">Shape (rows), finite and above 0.</param>
    /// <param name="threshold">Decision threshold.</param>
    /// <exception cref="ArgumentException">No rows, lengths that differ, a NaN score or threshold, a label other than 0 and 1, or a weight that is not finite or not above 0.</exception>
    internal static BinaryClassificationMetrics ComputeWeighted(ReadOnlySpan<double> scores, ReadOnlySpan<byte> labels, ReadOnlySpan<double> weights, double threshold)
    {
        SamplingWeights.Require(weights, scores.Length);
        var metrics = Evaluate(scores, labels, threshold);
        return weights.ContainsAnyExcept(1.0) ? WeightedBinaryClassification.Apply(metrics, scores, labels, weights) : metrics;
    }

    private static BinaryClassificationMetrics Evaluate<T>(ReadOnlySpan<T> scores, ReadOnlySpan<byte> labels, double threshold)
        where T : unmanaged, IBinaryFloatingPointIeee754<T>
    {
        if (double.IsNaN(threshold))
        {
            throw new ArgumentException("Expected the decision threshold to be a number, but found NaN.", nameof(threshold));
        }

        using var classes = ClassScores.Create(scores, labels);
        var metrics = new BinaryClassificationMetrics
        {
            RowCount = scores.Length,
            PositiveCount = classes.Positives.Length,
            Auc = RocAuc.Compute(classes.Positives, classes.Negatives),
            AveragePrecision = Statistics.AveragePrecision.Compute(classes.Positives, classes.Negatives),
            Threshold = threshold,
            Confusion = ConfusionCounts.AtThreshold(classes.Positives, classes.Negatives, threshold),
            LogLoss = double.NaN,
            Brier = double.NaN,
            ExpectedCalibrationError = double.NaN,
            EqualMassCalibrationError = double.NaN,
            MaximumCalibrationError = double.NaN,
            Calibration = [],
        };
        return MoveIntoUnitInterval(classes.Positives) && MoveIntoUnitInterval(classes.Negatives)
            ? metrics.WithProbabilityMetrics(classes)
            : metrics;
    }

    private BinaryClassificationMetrics WithProbabilityMetrics(ClassScores classes)
    {
        Span<CalibrationBin> byMass = stackalloc CalibrationBin[CalibrationBinCount];
        var byWidth = new CalibrationBin[CalibrationBinCount];
        CalibrationCurve.EqualMass(classes.Positives, classes.Negatives, byMass);
        CalibrationCurve.EqualWidth(classes.Positives, classes.Negatives, byWidth);
        return this with
        {
            LogLoss = Statistics.LogLoss.Compute(classes.Positives, classes.Negatives),
            Brier = BrierScore.Compute(classes.Positives, classes.Negatives),
            ExpectedCalibrationError = CalibrationCurve.ExpectedError(byWidth),
            EqualMassCalibrationError = CalibrationCurve.ExpectedError(byMass),
            MaximumCalibrationError = CalibrationCurve.MaximumError(byWidth),
            Calibration = Array.AsReadOnly(byWidth),
        };
    }

    private static bool MoveIntoUnitInterval(Span<double> ascending)
    {
        if (ascending.IsEmpty)
        {
            return true;
        }

        if (ascending[0] < -ProbabilityTolerance || ascending[^1] > 1 + ProbabilityTolerance)
        {
            return false;
        }

        for (var i = 0; i < ascending.Length && ascending[i] < 0; i++)
        {
            ascending[i] = 0;
        }

        for (var i = ascending.Length - 1; i >= 0 && ascending[i] > 1; i--)
        {
            ascending[i] = 1;
        }

        return true;
    }
}
