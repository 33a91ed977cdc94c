using System.Text.Json;
using System.Text.Json.Serialization;

namespace Mlp.Runtime.Statistics.Estimation;

/// <summary>
/// Estimates how far a regression is off on rows whose targets are not known: a second model learns on the reference, from the features and the prediction, how great the error is (direct loss estimation, DLE, of
/// NannyML; here small boosted trees take the place of LightGBM). Like every estimate without targets it is blind to a change of what the inputs mean. Immutable; safe for use by many threads.
/// </summary>
public sealed class DirectLossEstimator
{
    /// <summary>The version of the JSON form that this library writes, and the newest that it reads.</summary>
    public const int FormatVersion = 1;

    private readonly int _featureCount;
    private readonly BoostedTrees _magnitude;
    private readonly BoostedTrees _square;
    private readonly LossReference _absolute;
    private readonly LossReference _squared;

    private DirectLossEstimator(
        long rowCount, int chunkSize, int featureCount, BoostedTrees magnitude, BoostedTrees square, LossReference absolute, LossReference squared)
        => (RowCount, ChunkSize, _featureCount, _magnitude, _square, _absolute, _squared) = (rowCount, chunkSize, featureCount, magnitude, square, absolute, squared);

    /// <summary>Rows of the reference.</summary>
    public long RowCount { get; }

    /// <summary>Rows of a chunk of the reference.</summary>
    public int ChunkSize { get; }

    /// <summary>Number of features beside the prediction.</summary>
    public int FeatureCount => _featureCount;

    /// <summary>The stored form.</summary>
    internal Document Stored => new()
    {
        FormatVersion = FormatVersion,
        RowCount = RowCount,
        ChunkSize = ChunkSize,
        FeatureCount = _featureCount,
        Magnitude = _magnitude.Stored,
        Square = _square.Stored,
        Absolute = _absolute.ToArray(),
        Squared = _squared.ToArray(),
    };

    /// <summary>Reads an estimator.</summary>
    /// <param name="utf8Json">What <see cref="ToJson"/> wrote.</param>
    /// <exception cref="InvalidDataException">It is none, or is damaged.</exception>
    /// <exception cref="UnsupportedFormatVersionException">A newer version of the platform wrote it.</exception>
    public static DirectLossEstimator Parse(ReadOnlySpan<byte> utf8Json)
        => StoredEstimator.Read(utf8Json, "loss estimator", FormatVersion, EstimatorJson.Default.LossDocument, d => d.FormatVersion, Create);

    /// <summary>Writes the estimator as UTF-8 JSON, which <see cref="Parse"/> reads back exactly.</summary>
    public byte[] ToJson() => JsonSerializer.SerializeToUtf8Bytes(Stored, EstimatorJson.Default.LossDocument);

    /// <summary>Learns from rows with targets, in the order of their time. They should not be those that the regression was trained on, where its errors are smaller.</summary>
    /// <param name="features">Shape (rows, features), row-major; NaN where missing.</param>
    /// <param name="predictions">Shape (rows), finite.</param>
    /// <param name="targets">Shape (rows), finite, at least one.</param>
    /// <param name="chunkSize">Rows of a chunk, whose errors say what is ordinary; at least 1. A reference of a single chunk has no thresholds.</param>
    /// <exception cref="ArgumentException">No rows, lengths that differ, or a prediction or target that is not finite.</exception>
    public static DirectLossEstimator Fit(ReadOnlySpan<double> features, ReadOnlySpan<double> predictions, ReadOnlySpan<double> targets, int chunkSize)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(chunkSize, 1);
        if (predictions.IsEmpty || predictions.Length != targets.Length || features.Length % predictions.Length != 0)
        {
            throw new ArgumentException(
                $"Expected at least one row, one target per prediction and equally many features of each, but found {predictions.Length} predictions, {targets.Length} targets and {features.Length} values of features.",
                nameof(features));
        }

        var featureCount = features.Length / predictions.Length;
        var (magnitudes, squares) = (new double[predictions.Length], new double[predictions.Length]);
        for (var i = 0; i < magnitudes.Length; i++)
        {
            var error = predictions[i] - targets[i];
            if (!double.IsFinite(error))
            {
                throw new ArgumentException($"Expected finite predictions and targets, but found NaN or infinity at row {i}.", nameof(predictions));
            }

            (magnitudes[i], squares[i]) = (Math.Abs(error), error * error);
        }

        var rows = WithPrediction(features, predictions, featureCount);
        return new(
            predictions.Length,
            chunkSize,
            featureCount,
            BoostedTrees.Fit(rows, magnitudes, featureCount + 1),
            BoostedTrees.Fit(rows, squares, featureCount + 1),
            LossReference.Fit(magnitudes, chunkSize, v => v),
            LossReference.Fit(squares, chunkSize, Math.Sqrt));
    }

    /// <summary>What is ordinary for the mean absolute and the root mean squared error over any number of rows.</summary>
    internal (OrdinaryValues MeanAbsoluteError, OrdinaryValues RootMeanSquaredError) Ordinary
        => (_absolute.OrdinaryOf(RowCount, ChunkSize, isRoot: false), _squared.OrdinaryOf(RowCount, ChunkSize, isRoot: true));

    /// <summary>Estimates the mean absolute and the root mean squared error.</summary>
    /// <param name="features">Shape (rows, features), row-major.</param>
    /// <param name="predictions">Shape (rows), at least one.</param>
    /// <exception cref="ArgumentException">No rows, or other numbers of features than those learnt from.</exception>
    public (LossEstimate MeanAbsoluteError, LossEstimate RootMeanSquaredError) Estimate(ReadOnlySpan<double> features, ReadOnlySpan<double> predictions)
    {
        if (predictions.IsEmpty || features.Length != (long)predictions.Length * _featureCount)
        {
            throw new ArgumentException(
                $"Expected at least one row of {_featureCount} features, but found {predictions.Length} predictions and {features.Length} values of features.", nameof(features));
        }

        var (magnitudes, squares) = (new double[predictions.Length], new double[predictions.Length]);
        for (var i = 0; i < predictions.Length; i++)
        {
            (magnitudes[i], squares[i]) = LossesOf(features.Slice(i * _featureCount, _featureCount), predictions[i]);
        }

        return Estimate(magnitudes, squares, []);
    }

    /// <summary>The absolute and the squared error that are expected of one row.</summary>
    /// <param name="features">Shape (features).</param>
    /// <param name="prediction">What the regression says.</param>
    internal (double Magnitude, double Square) LossesOf(ReadOnlySpan<double> features, double prediction)
    {
        Span<double> row = _featureCount < 64 ? stackalloc double[_featureCount + 1] : new double[_featureCount + 1];
        features.CopyTo(row);
        row[_featureCount] = prediction;
        return (Math.Max(0, _magnitude.Predict(row)), Math.Max(0, _square.Predict(row)));
    }

    /// <summary>Estimates from the rows' expected errors.</summary>
    /// <param name="magnitudes">Shape (rows), at least one.</param>
    /// <param name="squares">Shape (rows).</param>
    /// <param name="weights">Shape (rows), above 0; none where each counts once.</param>
    internal (LossEstimate MeanAbsoluteError, LossEstimate RootMeanSquaredError) Estimate(ReadOnlySpan<double> magnitudes, ReadOnlySpan<double> squares, ReadOnlySpan<double> weights)
    {
        var (magnitude, square, total) = (0.0, 0.0, 0.0);
        for (var i = 0; i < magnitudes.Length; i++)
        {
            var weight = weights.IsEmpty ? 1 : weights[i];
            total += weight;
            magnitude += weight * magnitudes[i];
            square += weight * squares[i];
        }

        var (absolute, root) = (magnitude / total, Math.Sqrt(square / total));
        var scale = Math.Sqrt(weights.IsEmpty ? magnitudes.Length : SamplingWeights.EffectiveCount(weights));

        // The error of a root by its derivative.
        var rootError = root == 0 ? 0 : _squared.Deviation / scale / (2 * root);
        return (new LossEstimate(absolute, _absolute.Deviation / scale, _absolute.Threshold), new LossEstimate(root, rootError, _squared.Threshold));
    }

    private static DirectLossEstimator Create(Document document)
    {
        return LossReference.Read(document.Absolute) is { } absolute && LossReference.Read(document.Squared) is { } squared && document.FeatureCount >= 0 && document.Magnitude.Edges.Length == document.FeatureCount + 1 && document.Square.Edges.Length == document.FeatureCount + 1
            ? new(
                document.RowCount,
                document.ChunkSize,
                document.FeatureCount,
                new BoostedTrees(document.Magnitude),
                new BoostedTrees(document.Square),
                absolute,
                squared)
            : throw new ArgumentException($"Expected two models of {document.FeatureCount} features and the prediction, but found others.", nameof(document));
    }

    private static double[] WithPrediction(ReadOnlySpan<double> features, ReadOnlySpan<double> predictions, int featureCount)
    {
        var rows = new double[predictions.Length * (featureCount + 1)];
        for (var i = 0; i < predictions.Length; i++)
        {
            features.Slice(i * featureCount, featureCount).CopyTo(rows.AsSpan(i * (featureCount + 1)));
            rows[(i * (featureCount + 1)) + featureCount] = predictions[i];
        }

        return rows;
    }

    /// <summary>The stored form.</summary>
    [JsonNumberHandling(JsonNumberHandling.AllowNamedFloatingPointLiterals)]
    internal sealed record Document
    {
        public required int FormatVersion { get; init; }

        public required long RowCount { get; init; }

        public required int ChunkSize { get; init; }

        public required int FeatureCount { get; init; }

        public required BoostedTrees.Document Magnitude { get; init; }

        public required BoostedTrees.Document Square { get; init; }

        /// <summary>Of the absolute error the standard deviation of a row, the threshold, and mean and standard deviation of the chunks.</summary>
        public required double[] Absolute { get; init; }

        /// <summary>Of the root the standard deviation of a row's square, the threshold, and mean and standard deviation of the chunks.</summary>
        public required double[] Squared { get; init; }
    }
}
