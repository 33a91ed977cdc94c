using System.Buffers;
using System.Numerics;
using System.Text.Json.Serialization;

namespace Mlp.Runtime.Statistics;

/// <summary>
/// The quality of a regression's predictions on rows with known targets, in the target's unit. The same rows give the same bits in any
/// order. Immutable; safe for use by many threads.
/// </summary>
/// <remarks>The error of a row is prediction − target. JSON writes NaN as the string "NaN".</remarks>
[JsonNumberHandling(JsonNumberHandling.AllowNamedFloatingPointLiterals)]
public sealed record RegressionMetrics
{
    /// <summary>Rows, at least 1.</summary>
    public required long RowCount { get; init; }

    /// <summary>Mean of the signed errors; above 0 the model says too much.</summary>
    public required double MeanError { get; init; }

    /// <summary>Mean of the errors' magnitudes.</summary>
    public required double MeanAbsoluteError { get; init; }

    /// <summary>Square root of the mean squared error.</summary>
    public required double RootMeanSquaredError { get; init; }

    /// <summary>
    /// R² = 1 − Σ error² / Σ (target − mean target)²; 1 is perfect, 0 is as good as the mean. NaN where all targets are equal.
    /// </summary>
    public required double RSquared { get; init; }

    /// <summary>Mean of |error| / max(|target|, 2^-52), a share of 1; huge where a target is 0. NaN in what was written before it was computed.</summary>
    public double MeanAbsolutePercentageError { get; init; } = double.NaN;

    /// <summary>Computes every metric.</summary>
    /// <param name="predictions">Shape (rows), finite. Widened to double, which is exact.</param>
    /// <param name="targets">Shape (rows), finite.</param>
    /// <exception cref="ArgumentException">No rows, lengths that differ, or a value that is NaN or infinite.</exception>
    public static RegressionMetrics Compute(ReadOnlySpan<float> predictions, ReadOnlySpan<float> targets) => Evaluate(predictions, targets);

    /// <inheritdoc cref="Compute(ReadOnlySpan{float}, ReadOnlySpan{float})"/>
    public static RegressionMetrics Compute(ReadOnlySpan<double> predictions, ReadOnlySpan<double> targets)
        => Evaluate(predictions, targets);

    /// <summary>Computes every metric over rows of which each stands for a number of rows. Where every weight is 1, the same bits as without weights.</summary>
    /// <param name="predictions">Shape (rows), finite.</param>
    /// <param name="targets">Shape (rows), finite.</param>
    /// <param name="weights">Shape (rows), finite and above 0.</param>
    /// <exception cref="ArgumentException">No rows, lengths that differ, a value that is NaN or infinite, or a weight that is not above 0.</exception>
    internal static RegressionMetrics ComputeWeighted(ReadOnlySpan<double> predictions, ReadOnlySpan<double> targets, ReadOnlySpan<double> weights)
    {
        SamplingWeights.Require(weights, predictions.Length);
        if (!weights.ContainsAnyExcept(1.0))
        {
            return Evaluate(predictions, targets);
        }

        ThrowIfNotUsable(predictions, targets);
        var errors = new (double Value, double Weight)[predictions.Length];
        var wide = new (double Value, double Weight)[predictions.Length];
        for (var i = 0; i < errors.Length; i++)
        {
            errors[i] = (predictions[i] - targets[i], weights[i]);
            wide[i] = (targets[i], weights[i]);
        }

        // Sorted, so that the order of the rows leaves no trace in the sums.
        Array.Sort(errors);
        Array.Sort(wide);
        return FromSorted(errors, wide) with { MeanAbsolutePercentageError = PercentageError(predictions, targets, weights) };
    }

    private static double PercentageError(ReadOnlySpan<double> predictions, ReadOnlySpan<double> targets, ReadOnlySpan<double> weights)
    {
        var terms = new double[predictions.Length];
        var total = 0.0;
        for (var i = 0; i < terms.Length; i++)
        {
            var weight = weights.IsEmpty ? 1 : weights[i];
            terms[i] = weight * Math.Abs(predictions[i] - targets[i]) / Math.Max(Math.Abs(targets[i]), LogLoss.Epsilon);
            total += weight;
        }

        RadixSort.Sort(terms);
        return Summation.Sum(terms) / total;
    }

    private static RegressionMetrics FromSorted((double Value, double Weight)[] errors, (double Value, double Weight)[] targets)
    {
        var rows = errors.Sum(e => e.Weight);
        var squares = errors.Sum(e => e.Weight * e.Value * e.Value);
        var mean = targets.Sum(t => t.Weight * t.Value) / rows;
        var spread = targets[0].Value == targets[^1].Value ? 0 : targets.Sum(t => t.Weight * (t.Value - mean) * (t.Value - mean));
        return new()
        {
            RowCount = errors.Length,
            MeanError = errors.Sum(e => e.Weight * e.Value) / rows,
            MeanAbsoluteError = errors.Sum(e => e.Weight * Math.Abs(e.Value)) / rows,
            RootMeanSquaredError = Math.Sqrt(squares / rows),
            RSquared = spread == 0 ? double.NaN : 1 - (squares / spread),
        };
    }

    private static RegressionMetrics Evaluate<T>(ReadOnlySpan<T> predictions, ReadOnlySpan<T> targets)
        where T : unmanaged, IBinaryFloatingPointIeee754<T>
    {
        ThrowIfNotUsable(predictions, targets);
        var rented = ArrayPool<double>.Shared.Rent(2 * predictions.Length);
        var errors = rented.AsSpan(0, predictions.Length);
        var wide = rented.AsSpan(predictions.Length, predictions.Length);
        for (var i = 0; i < predictions.Length; i++)
        {
            wide[i] = double.CreateTruncating(targets[i]);
            errors[i] = double.CreateTruncating(predictions[i]) - wide[i];
        }

        var percentage = PercentageErrorOf(predictions, targets);
        RadixSort.Sort(errors);
        RadixSort.Sort(wide);
        var metrics = FromSorted(errors, wide) with { MeanAbsolutePercentageError = percentage };
        ArrayPool<double>.Shared.Return(rented);
        return metrics;
    }

    private static double PercentageErrorOf<T>(ReadOnlySpan<T> predictions, ReadOnlySpan<T> targets)
        where T : unmanaged, IBinaryFloatingPointIeee754<T>
    {
        var (wide, wideTargets) = (new double[predictions.Length], new double[predictions.Length]);
        for (var i = 0; i < wide.Length; i++)
        {
            (wide[i], wideTargets[i]) = (double.CreateTruncating(predictions[i]), double.CreateTruncating(targets[i]));
        }

        return PercentageError(wide, wideTargets, []);
    }

    private static RegressionMetrics FromSorted(ReadOnlySpan<double> errors, ReadOnlySpan<double> targets)
    {
        double rows = errors.Length;
        var squares = Summation.SumOfSquaredDeviations(errors, 0);
        var spread = targets[0] == targets[^1] ? 0 : Summation.SumOfSquaredDeviations(targets, Summation.Sum(targets) / rows);
        return new()
        {
            RowCount = errors.Length,
            MeanError = Summation.Sum(errors) / rows,
            MeanAbsoluteError = Summation.SumOfMagnitudes(errors) / rows,
            RootMeanSquaredError = Math.Sqrt(squares / rows),
            RSquared = spread == 0 ? double.NaN : 1 - (squares / spread),
        };
    }

    private static void ThrowIfNotUsable<T>(ReadOnlySpan<T> predictions, ReadOnlySpan<T> targets)
        where T : unmanaged, IBinaryFloatingPointIeee754<T>
    {
        if (predictions.Length != targets.Length)
        {
            throw new ArgumentException(
                $"Expected one target per prediction, but found {predictions.Length} predictions and {targets.Length} targets.",
                nameof(targets));
        }

        if (predictions.IsEmpty)
        {
            throw new ArgumentException(
                "Expected at least one row, but found none: no metric is defined without rows.",
                nameof(predictions));
        }

        for (var i = 0; i < predictions.Length; i++)
        {
            if (!T.IsFinite(predictions[i]) || !T.IsFinite(targets[i]))
            {
                throw new ArgumentException(
                    $"Expected finite predictions and targets, but found NaN or infinity at row {i}.",
                    T.IsFinite(targets[i]) ? nameof(predictions) : nameof(targets));
            }
        }
    }
}
