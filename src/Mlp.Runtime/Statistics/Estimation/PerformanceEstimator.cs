using System.Text.Json;
using System.Text.Json.Serialization;

namespace Mlp.Runtime.Statistics.Estimation;

/// <summary>
/// Estimates how good a binary classifier is on rows whose labels are not known, from its scores alone (confidence-based performance estimation, CBPE, as NannyML 0.13 computes it): where a calibrated score p
/// says how likely the row is positive, p of it counts as positive and 1 - p as negative.
/// <para>
/// It sees what a change of the inputs does to the quality. It does not see a change of what the inputs mean (concept drift): then the scores are no longer probabilities, and the estimate stays high while the
/// quality falls. Compare it with realised figures as labels come.
/// </para>
/// Immutable; safe for use by many threads.
/// </summary>
public sealed class PerformanceEstimator
{
    /// <summary>The version of the JSON form that this library writes, and the newest that it reads.</summary>
    public const int FormatVersion = 1;

    private readonly Document _document;
    private readonly IsotonicRegression? _calibration;
    private readonly Dictionary<EstimatedMetric, MetricReference> _metrics;

    private PerformanceEstimator(Document document)
    {
        _document = document;
        _calibration = document.CalibrationScores is { Length: > 0 } ? new IsotonicRegression(document.CalibrationScores, document.CalibrationValues ?? []) : null;
        _metrics = document.Metrics.ToDictionary(m => m.Metric);
    }

    /// <summary>Rows of the reference.</summary>
    public long RowCount => _document.RowCount;

    /// <summary>Rows of a chunk of the reference.</summary>
    public int ChunkSize => _document.ChunkSize;

    /// <summary>The decision threshold.</summary>
    public double Threshold => _document.Threshold;

    /// <summary>Whether the scores are calibrated first, since on the reference that brought them closer to probabilities.</summary>
    public bool IsCalibrated => _calibration is not null;

    /// <summary>The stored form.</summary>
    internal Document Stored => _document;

    /// <summary>Learns from labelled rows, in the order of their time.</summary>
    /// <param name="scores">Shape (rows), probabilities of the positive class.</param>
    /// <param name="labels">Shape (rows), 0 or 1, both at least once.</param>
    /// <param name="chunkSize">Rows of a chunk: as many as the windows will have that are estimated; the last chunk may be shorter. At least 1. A reference of a single chunk has no thresholds.</param>
    /// <param name="threshold">Decision threshold.</param>
    /// <exception cref="ArgumentException">No rows, lengths that differ, scores that are no probabilities, a label other than 0 and 1, or a single class.</exception>
    public static PerformanceEstimator Fit(ReadOnlySpan<double> scores, ReadOnlySpan<byte> labels, int chunkSize, double threshold = 0.5)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(chunkSize, 1);
        ThrowIfNotUsable(scores, labels);
        var map = CalibrationNeed.Test(scores, labels) ? IsotonicRegression.Fit(scores, labels) : null;
        var metrics = new List<MetricReference>();
        var (rows, truth) = (scores.ToArray(), labels.ToArray());
        foreach (var metric in Enum.GetValues<EstimatedMetric>())
        {
            var (deviation, share) = SamplingErrors.Of(metric, scores, labels, threshold);
            var (lower, upper, mean, chunkDeviation) = ReferenceThresholds.Of(
                rows.Length,
                chunkSize,
                (start, length) => RealizedPerformance.Compute(metric, rows.AsSpan(start, length), truth.AsSpan(start, length), threshold),
                MetricReference.IsCount(metric) ? double.PositiveInfinity : 1);
            metrics.Add(new MetricReference(metric, deviation, share, lower, upper)
            {
                Mean = mean,
                ChunkDeviation = chunkDeviation,
                RowDeviation = metric == EstimatedMetric.Auc ? AreaDeviation(scores, labels) : null,
            });
        }

        return new(new Document
        {
            FormatVersion = FormatVersion,
            RowCount = scores.Length,
            ChunkSize = chunkSize,
            Threshold = threshold,
            CalibrationScores = map?.Scores.ToArray(),
            CalibrationValues = map?.Values.ToArray(),
            Metrics = metrics,
        });
    }

    /// <summary>Reads an estimator.</summary>
    /// <param name="utf8Json">What <see cref="ToJson"/> wrote.</param>
    /// <exception cref="InvalidDataException">It is none, or is damaged.</exception>
    /// <exception cref="UnsupportedFormatVersionException">A newer version of the platform wrote it.</exception>
    public static PerformanceEstimator Parse(ReadOnlySpan<byte> utf8Json)
        => StoredEstimator.Read(utf8Json, "performance estimator", FormatVersion, EstimatorJson.Default.Document, d => d.FormatVersion, d => new PerformanceEstimator(d));

    /// <summary>Writes the estimator as UTF-8 JSON, which <see cref="Parse"/> reads back exactly.</summary>
    public byte[] ToJson() => JsonSerializer.SerializeToUtf8Bytes(_document, EstimatorJson.Default.Document);

    /// <summary>The probability that a score stands for.</summary>
    /// <param name="score">The model's score.</param>
    public double Calibrate(double score) => _calibration?.Predict(score) ?? score;

    /// <summary>The least and the greatest value of a figure that are ordinary, from the chunks of the reference, for a window of as many rows as a chunk; NaN where they do not say, as a single chunk does not.</summary>
    /// <param name="metric">Which figure.</param>
    public (double Lower, double Upper) ThresholdsOf(EstimatedMetric metric) => (_metrics[metric].LowerThreshold, _metrics[metric].UpperThreshold);

    /// <summary>What is ordinary for a figure over any number of rows.</summary>
    /// <param name="metric">Which figure.</param>
    internal OrdinaryValues OrdinaryOf(EstimatedMetric metric) => _metrics[metric].OrdinaryOf(RowCount, ChunkSize);

    /// <summary>Estimates every figure.</summary>
    /// <param name="scores">Shape (rows), at least one.</param>
    /// <returns>One estimate per figure, in the order of <see cref="EstimatedMetric"/>.</returns>
    /// <exception cref="ArgumentException">No rows, or a NaN score.</exception>
    public IReadOnlyList<PerformanceEstimate> Estimate(ReadOnlySpan<double> scores) => Estimate(scores, []);

    /// <summary>Estimates every figure over rows of which each stands for a number of rows.</summary>
    /// <param name="scores">Shape (rows), at least one.</param>
    /// <param name="weights">Shape (rows), above 0; none where each counts once.</param>
    internal IReadOnlyList<PerformanceEstimate> Estimate(ReadOnlySpan<double> scores, ReadOnlySpan<double> weights)
    {
        var values = ExpectedPerformance.Compute(scores, weights, Calibrate, Threshold);
        var rows = weights.IsEmpty ? scores.Length : (int)Math.Max(1, SamplingWeights.EffectiveCount(weights));
        return [.. Enum.GetValues<EstimatedMetric>().Where(_metrics.ContainsKey).Select(metric =>
        {
            var reference = _metrics[metric];
            var (value, error) = (values[(int)metric], reference.SamplingError(rows));
            return new PerformanceEstimate(
                metric,
                value,
                error,
                Math.Max(0, value - (ReferenceThresholds.Deviations * error)),
                MetricReference.IsCount(metric) ? value + (ReferenceThresholds.Deviations * error) : Math.Min(1, value + (ReferenceThresholds.Deviations * error)),
                reference.LowerThreshold,
                reference.UpperThreshold);
        })];
    }

    private static double AreaDeviation(ReadOnlySpan<double> scores, ReadOnlySpan<byte> labels)
    {
        using var classes = ClassScores.Create(scores, labels);
        return DeLong.StandardError(classes.Positives, classes.Negatives) * Math.Sqrt(scores.Length);
    }

    private static void ThrowIfNotUsable(ReadOnlySpan<double> scores, ReadOnlySpan<byte> labels)
    {
        using var classes = ClassScores.Create(scores, labels);
        if (classes.Positives.IsEmpty || classes.Negatives.IsEmpty)
        {
            throw new ArgumentException("Expected rows of both classes to learn from, but found a single class.", nameof(labels));
        }

        var (least, greatest) = (Math.Min(classes.Positives[0], classes.Negatives[0]), Math.Max(classes.Positives[^1], classes.Negatives[^1]));
        if (least < -BinaryClassificationMetrics.ProbabilityTolerance || greatest > 1 + BinaryClassificationMetrics.ProbabilityTolerance)
        {
            throw new ArgumentException("Expected scores that are probabilities, 0 to 1, but found others: quality cannot be estimated from them.", nameof(scores));
        }
    }

    /// <summary>The stored form.</summary>
    [JsonNumberHandling(JsonNumberHandling.AllowNamedFloatingPointLiterals)]
    internal sealed record Document
    {
        public required int FormatVersion { get; init; }

        public required long RowCount { get; init; }

        public required int ChunkSize { get; init; }

        public required double Threshold { get; init; }

        public double[]? CalibrationScores { get; init; }

        public double[]? CalibrationValues { get; init; }

        public required List<MetricReference> Metrics { get; init; }
    }
}
