using Mlp.Runtime.Data;
using Mlp.Runtime.Models;
using Mlp.Runtime.Statistics;
using Mlp.Training.Export;
using Mlp.Training.Networks;
using Mlp.Training.Preprocessing;

namespace Mlp.Training.Evaluation.Thresholds;

/// <summary>Chooses the threshold of a binary classifier on labelled rows. Use rows that neither the model nor its calibration was fitted to. Thread-safe.</summary>
public static class ThresholdSelector
{
    /// <summary>Chooses a threshold for scores.</summary>
    /// <param name="scores">Shape (rows): probabilities of class 1.</param>
    /// <param name="labels">Shape (rows): 0 or 1.</param>
    /// <param name="rule">By what.</param>
    /// <param name="options">Resamples; null for the defaults.</param>
    /// <param name="weights">Shape (rows), 0 or more; empty where all rows count the same.</param>
    /// <param name="cancellationToken">Ends the resampling.</param>
    /// <exception cref="ArgumentException">Lengths differ, a score is no probability, a label is neither 0 nor 1, costs say nothing about thresholds, or a setting is out of range.</exception>
    /// <exception cref="TrainingDataException">Rows are of one class or of one score, or no threshold reaches the rule's target.</exception>
    public static ThresholdChoice Choose(
        ReadOnlySpan<float> scores, ReadOnlySpan<int> labels, ThresholdRule rule, ThresholdOptions? options = null, ReadOnlySpan<float> weights = default, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(rule);
        options ??= new();
        OptionRanges.ThrowIfViolated(options);
        options.Costs?.ThrowIfMeaningless();
        ScoreCheck.ThrowIfUnfit(scores, labels, 2, weights);
        var wide = Array.ConvertAll(scores.ToArray(), s => (double)s);
        var classes = Array.ConvertAll(labels.ToArray(), l => (byte)l);
        var counts = weights.IsEmpty ? [.. Enumerable.Repeat(1.0, labels.Length)] : Array.ConvertAll(weights.ToArray(), w => (double)w);
        return Choose(wide, classes, counts, rule, options, cancellationToken);
    }

    /// <summary>Chooses a threshold for a fitted model.</summary>
    /// <param name="model">A binary classifier.</param>
    /// <param name="rows">Labelled rows with its features; a weight column counts.</param>
    /// <param name="rule">By what.</param>
    /// <param name="options">Resamples and the calibration that the model will be exported with; null for the defaults.</param>
    /// <param name="cancellationToken">Ends reading and resampling.</param>
    /// <inheritdoc cref="Choose(ReadOnlySpan{float}, ReadOnlySpan{int}, ThresholdRule, ThresholdOptions, ReadOnlySpan{float}, CancellationToken)" path="/exception"/>
    public static async Task<ThresholdChoice> ChooseAsync(
        IFittedModel model, ITrainingSet rows, ThresholdRule rule, ThresholdOptions? options = null, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(model);
        ArgumentNullException.ThrowIfNull(rows);
        RequireBinary(model.Task);
        var scored = await ScoredHoldout.ReadAsync(model, rows, options?.Calibration, cancellationToken).ConfigureAwait(false);
        return Choose(scored.Scores, scored.Classes(), rule, options, scored.Weights, cancellationToken);
    }

    /// <summary>Chooses a threshold for an exported model by ONNX Runtime.</summary>
    /// <param name="model">A binary classifier, with its calibration in it.</param>
    /// <param name="rows">Labelled rows with its features; a weight column counts.</param>
    /// <param name="rule">By what.</param>
    /// <param name="options">Resamples; null for the defaults.</param>
    /// <param name="cancellationToken">Ends reading and resampling.</param>
    /// <inheritdoc cref="Choose(ReadOnlySpan{float}, ReadOnlySpan{int}, ThresholdRule, ThresholdOptions, ReadOnlySpan{float}, CancellationToken)" path="/exception"/>
    public static async Task<ThresholdChoice> ChooseAsync(
        TrainedModel model, ITrainingSet rows, ThresholdRule rule, ThresholdOptions? options = null, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(model);
        ArgumentNullException.ThrowIfNull(rows);
        RequireBinary(model.Output.Task);
        var reading = new RowReading { Task = model.Output.Task, ClassNames = model.Output.ClassNames, TakesWeights = true };
        var read = await LabelledRows.ReadAsync(rows, model.Features, reading, cancellationToken).ConfigureAwait(false);
        LabelColumn.ThrowIfNotBinary(read.Labels, read.LabelColumnName);
        using var scorer = OnnxScorer.Open("model", model.Onnx, model.Features, model.Output);
        var scores = Array.ConvertAll(scorer.Score(read.Table, 0, read.RowCount, cancellationToken), s => (float)s);
        return Choose(scores, Array.ConvertAll(read.Labels.ToArray(), l => (int)l), rule, options, read.Weights, cancellationToken);
    }

    private static ThresholdChoice Choose(double[] scores, byte[] labels, double[] weights, ThresholdRule rule, ThresholdOptions options, CancellationToken cancellationToken)
    {
        var (one, zero) = Costs(rule, options.Costs, labels);
        ThrowIfUnfit(scores, labels, weights);
        var sweep = new ThresholdSweep(scores, labels, one, zero);
        var chosen = sweep.Best(rule, weights);
        if (chosen < 0)
        {
            throw new TrainingDataException(FormattableString.Invariant($"Expected a threshold that reaches a {rule.Name} of {rule.Target}, but over the {labels.Length} rows none does."));
        }

        var (counts, cost) = sweep.At(chosen, weights);
        var drawn = ThresholdBootstrap.Run(sweep, rule, chosen, weights, options, cancellationToken);
        return new()
        {
            Rule = rule,
            Threshold = sweep.Thresholds[chosen],
            ThresholdInterval = drawn.Threshold,
            Value = rule.ValueOf(counts, cost),
            ValueInterval = drawn.Value,
            ExpectedCost = cost,
            ExpectedCostInterval = drawn.Cost,
            ExpectedCostAtHalf = MeanCost(scores, weights, one, zero, 0.5),
            ExpectedCostOfAlwaysOne = MeanCost(scores, weights, one, zero, double.NegativeInfinity),
            ExpectedCostOfAlwaysZero = MeanCost(scores, weights, one, zero, double.PositiveInfinity),
            Confusion = counts,
            RowCount = labels.Length,
        };
    }

    private static (double[] One, double[] Zero) Costs(ThresholdRule rule, CostMatrix? beside, byte[] labels)
    {
        if (rule.CostsByRow is { } byRow)
        {
            byRow.ThrowIfMeaningless(labels.Length);
            return (byRow.OfSayingOne.ToArray(), byRow.OfSayingZero.ToArray());
        }

        return (rule.Costs ?? beside) is { } costs
            ? (Array.ConvertAll(labels, l => l == 1 ? costs.TruePositive : costs.FalsePositive), Array.ConvertAll(labels, l => l == 1 ? costs.FalseNegative : costs.TrueNegative))
            : ([], []);
    }

    private static void ThrowIfUnfit(double[] scores, byte[] labels, double[] weights)
    {
        int[] counting = [.. Enumerable.Range(0, labels.Length).Where(r => weights[r] > 0)];
        if (!counting.Any(r => labels[r] == 1) || !counting.Any(r => labels[r] == 0))
        {
            throw new TrainingDataException(FormattableString.Invariant($"Expected rows of both classes to choose a threshold on, but all {labels.Length} are of one."));
        }

        if (scores.All(s => s == scores[0]))
        {
            throw new TrainingDataException(FormattableString.Invariant($"Expected scores that differ from row to row, but all {scores.Length} rows to choose a threshold on have the same."));
        }
    }

    private static double MeanCost(double[] scores, double[] weights, double[] one, double[] zero, double threshold)
    {
        if (one.Length == 0)
        {
            return double.NaN;
        }

        var (cost, total) = (0.0, 0.0);
        for (var row = 0; row < scores.Length; row++)
        {
            cost += weights[row] * (scores[row] >= threshold ? one[row] : zero[row]);
            total += weights[row];
        }

        return cost / total;
    }

    private static void RequireBinary(ModelTask task)
    {
        if (task != ModelTask.BinaryClassification)
        {
            throw new ArgumentException($"Expected a model for {ModelTask.BinaryClassification}, which has a threshold, but found {task}.", nameof(task));
        }
    }
}
