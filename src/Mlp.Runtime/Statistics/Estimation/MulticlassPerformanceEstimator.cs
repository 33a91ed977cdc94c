using System.Text.Json;
using System.Text.Json.Serialization;

namespace Mlp.Runtime.Statistics.Estimation;

/// <summary>
/// Estimates how good a classifier of several classes is on rows whose labels are not known, from its scores alone, as <see cref="PerformanceEstimator"/> does for two (CBPE, as NannyML 0.13 computes it): the scores
/// of each class are calibrated against the rest where that helps, each row's probabilities are brought to the sum 1, and the figures are means over the classes, each against the rest. The blind spot is the same:
/// it does not see a change of what the inputs mean. Immutable; safe for use by many threads.
/// </summary>
public sealed class MulticlassPerformanceEstimator
{
    /// <summary>The version of the JSON form that this library writes, and the newest that it reads.</summary>
    public const int FormatVersion = 1;

    /// <summary>NannyML's widening of the areas' error, since the areas of the classes are not independent.</summary>
    private const double AucErrorFactor = 1.2;

    private readonly Document _document;
    private readonly IsotonicRegression?[] _calibrations;

    private MulticlassPerformanceEstimator(Document document)
    {
        _document = document;
        _calibrations = [.. document.Classes.Select(c => c.Scores is { Length: > 0 } scores ? new IsotonicRegression(scores, c.Values ?? []) : null)];
    }

    /// <summary>Rows of the reference.</summary>
    public long RowCount => _document.RowCount;

    /// <summary>Rows of a chunk of the reference.</summary>
    public int ChunkSize => _document.ChunkSize;

    /// <summary>Number of classes.</summary>
    public int ClassCount => _calibrations.Length;

    /// <summary>The stored form.</summary>
    internal Document Stored => _document;

    /// <summary>Learns from labelled rows, in the order of their time.</summary>
    /// <param name="scores">Shape (rows, classes), row-major, probabilities.</param>
    /// <param name="labels">Shape (rows), 0 to classes - 1, each at least once.</param>
    /// <param name="classCount">Number of classes, at least 2.</param>
    /// <param name="chunkSize">Rows of a chunk: as many as the windows will have that are estimated; the last chunk may be shorter. At least 1. A reference of a single chunk has no thresholds.</param>
    /// <exception cref="ArgumentException">No rows, lengths that differ, scores that are no probabilities, a label that is no class, or a class without rows.</exception>
    public static MulticlassPerformanceEstimator Fit(ReadOnlySpan<double> scores, ReadOnlySpan<int> labels, int classCount, int chunkSize)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(chunkSize, 1);
        var metrics = MulticlassMetrics.Compute(scores, labels, classCount);
        ThrowIfNotUsable(scores, metrics);
        var classes = new List<Calibration>();
        var auc = 0.0;
        for (var c = 0; c < classCount; c++)
        {
            var (own, truth) = (new double[labels.Length], new byte[labels.Length]);
            for (var i = 0; i < own.Length; i++)
            {
                (own[i], truth[i]) = (scores[(i * classCount) + c], labels[i] == c ? (byte)1 : (byte)0);
            }

            var map = CalibrationNeed.Test(own, truth) ? IsotonicRegression.Fit(own, truth) : null;
            classes.Add(new Calibration(map?.Scores.ToArray(), map?.Values.ToArray()));
            var (deviation, share) = SamplingErrors.Of(EstimatedMetric.Auc, own, truth, threshold: 0);
            auc += deviation * deviation / share;
        }

        var (allScores, allLabels) = (scores.ToArray(), labels.ToArray());
        var errors = ErrorsOf([.. metrics.Confusion], classCount, Math.Sqrt(auc) / classCount * AucErrorFactor);
        var references = new List<MetricReference>();
        foreach (var metric in ExpectedClassPerformance.Metrics)
        {
            var (lower, upper, mean, chunkDeviation) = ReferenceThresholds.Of(
                labels.Length,
                chunkSize,
                (start, length) => RealizedPerformance.Of(
                    metric, MulticlassMetrics.Compute(allScores.AsSpan(start * classCount, length * classCount), allLabels.AsSpan(start, length), classCount)),
                greatest: 1);
            references.Add(new MetricReference(metric, errors[references.Count], 1, lower, upper) { Mean = mean, ChunkDeviation = chunkDeviation });
        }

        return new(new Document { FormatVersion = FormatVersion, RowCount = labels.Length, ChunkSize = chunkSize, Classes = classes, Metrics = references });
    }

    /// <summary>Reads an estimator.</summary>
    /// <param name="utf8Json">What <see cref="ToJson"/> wrote.</param>
    /// <exception cref="InvalidDataException">It is none, or is damaged.</exception>
    /// <exception cref="UnsupportedFormatVersionException">A newer version of the platform wrote it.</exception>
    public static MulticlassPerformanceEstimator Parse(ReadOnlySpan<byte> utf8Json)
        => StoredEstimator.Read(utf8Json, "performance estimator of several classes", FormatVersion, EstimatorJson.Default.MulticlassDocument, d => d.FormatVersion, d => new MulticlassPerformanceEstimator(d));

    /// <summary>Writes the estimator as UTF-8 JSON, which <see cref="Parse"/> reads back exactly.</summary>
    public byte[] ToJson() => JsonSerializer.SerializeToUtf8Bytes(_document, EstimatorJson.Default.MulticlassDocument);

    /// <summary>The least and the greatest value of a figure that are ordinary, from the chunks of the reference, for a window of as many rows as a chunk; NaN where they do not say, as a single chunk does not.</summary>
    /// <param name="metric">Which figure.</param>
    public (double Lower, double Upper) ThresholdsOf(EstimatedMetric metric)
        => _document.Metrics.FirstOrDefault(m => m.Metric == metric) is { } reference ? (reference.LowerThreshold, reference.UpperThreshold) : (double.NaN, double.NaN);

    /// <summary>What is ordinary for a figure over any number of rows.</summary>
    /// <param name="metric">Which figure.</param>
    internal OrdinaryValues OrdinaryOf(EstimatedMetric metric)
        => _document.Metrics.FirstOrDefault(m => m.Metric == metric)?.OrdinaryOf(RowCount, ChunkSize) ?? OrdinaryValues.Unknown;

    /// <summary>Estimates area, accuracy, precision, recall, specificity and F1.</summary>
    /// <param name="scores">Shape (rows, classes), row-major, at least one row.</param>
    /// <returns>One estimate per figure.</returns>
    /// <exception cref="ArgumentException">No rows, another number of classes, or a NaN score.</exception>
    public IReadOnlyList<PerformanceEstimate> Estimate(ReadOnlySpan<double> scores) => Estimate(scores, []);

    /// <summary>Estimates the figures over rows of which each stands for a number of rows.</summary>
    /// <param name="scores">Shape (rows, classes), row-major, at least one row.</param>
    /// <param name="weights">Shape (rows), above 0; none where each counts once.</param>
    internal IReadOnlyList<PerformanceEstimate> Estimate(ReadOnlySpan<double> scores, ReadOnlySpan<double> weights)
    {
        var values = ExpectedClassPerformance.Compute(scores, Calibrate(scores), weights, ClassCount);
        var rows = weights.IsEmpty ? scores.Length / ClassCount : SamplingWeights.EffectiveCount(weights);
        return [.. _document.Metrics.Select(reference =>
        {
            var value = values[ExpectedClassPerformance.Metrics.IndexOf(reference.Metric)];
            var error = ReferenceThresholds.Deviations * reference.SamplingError(rows);
            return new PerformanceEstimate(
                reference.Metric, value, reference.SamplingError(rows), Math.Max(0, value - error), Math.Min(1, value + error), reference.LowerThreshold, reference.UpperThreshold);
        })];
    }

    /// <summary>The probabilities that scores stand for, shape (rows, classes); the sum of a row is 1.</summary>
    /// <param name="scores">Shape (rows, classes), row-major.</param>
    /// <exception cref="ArgumentException">No rows, another number of classes, or a NaN score.</exception>
    internal double[] Calibrate(ReadOnlySpan<double> scores)
    {
        if (scores.IsEmpty || scores.Length % ClassCount != 0)
        {
            throw new ArgumentException($"Expected at least one row of {ClassCount} scores, but found {scores.Length} scores in all.", nameof(scores));
        }

        var probabilities = new double[scores.Length];
        for (var start = 0; start < scores.Length; start += ClassCount)
        {
            var row = probabilities.AsSpan(start, ClassCount);
            var sum = 0.0;
            for (var c = 0; c < row.Length; c++)
            {
                var score = scores[start + c];
                row[c] = _calibrations[c]?.Predict(score) ?? score;
                sum += row[c];
            }

            if (double.IsNaN(sum))
            {
                throw new ArgumentException("Expected every score to be a number, but found NaN.", nameof(scores));
            }

            for (var c = 0; c < row.Length; c++)
            {
                row[c] = sum == 0 ? 1.0 / row.Length : row[c] / sum;
            }
        }

        return probabilities;
    }

    /// <summary>Per figure the standard deviation of one row, from the classes' own: √(Σ variance / share) / classes. A class of which no row is relevant has none.</summary>
    private static double[] ErrorsOf(double[] confusion, int classCount, double auc)
    {
        var total = confusion.Sum();
        var sums = new double[ExpectedClassPerformance.Metrics.Length];
        var hits = 0.0;
        for (var c = 0; c < classCount; c++)
        {
            var right = confusion[(c * classCount) + c];
            var truth = Enumerable.Range(0, classCount).Sum(other => confusion[(c * classCount) + other]);
            var predicted = Enumerable.Range(0, classCount).Sum(other => confusion[(other * classCount) + c]);
            hits += right;
            sums[2] += VarianceOf(right, predicted, total);
            sums[3] += VarianceOf(right, truth, total);
            sums[4] += VarianceOf(total - truth - predicted + right, total - truth, total);
            sums[5] += VarianceOf(right, truth + predicted - right, total);
        }

        var accuracy = hits / total;
        return [auc, Math.Sqrt(accuracy * (1 - accuracy)), .. sums[2..].Select(s => Math.Sqrt(s) / classCount)];
    }

    private static double VarianceOf(double ones, double relevant, double total) => ones / relevant * (1 - (ones / relevant)) / (relevant / total);

    private static void ThrowIfNotUsable(ReadOnlySpan<double> scores, MulticlassMetrics metrics)
    {
        if (metrics.Aucs.Any(double.IsNaN))
        {
            throw new ArgumentException("Expected rows of every class to learn from, but found a class without any.", nameof(metrics));
        }

        foreach (var score in scores)
        {
            if (score is < -BinaryClassificationMetrics.ProbabilityTolerance or > 1 + BinaryClassificationMetrics.ProbabilityTolerance)
            {
                throw new ArgumentException("Expected scores that are probabilities, 0 to 1, but found others: quality cannot be estimated from them.", nameof(scores));
            }
        }
    }

    /// <summary>The map of a class's scores to probabilities; without points the scores stay as they are.</summary>
    internal sealed record Calibration(double[]? Scores, double[]? Values);

    /// <summary>The stored form.</summary>
    [JsonNumberHandling(JsonNumberHandling.AllowNamedFloatingPointLiterals)]
    internal sealed record Document
    {
        public required int FormatVersion { get; init; }

        public required long RowCount { get; init; }

        public required int ChunkSize { get; init; }

        public required List<Calibration> Classes { get; init; }

        public required List<MetricReference> Metrics { get; init; }
    }
}
