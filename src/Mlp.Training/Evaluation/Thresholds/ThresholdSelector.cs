using Mlp.Runtime.Data;
using Mlp.Runtime.Models;
using Mlp.Training.Evaluation.Calibration;
using Mlp.Training.Export;
using Mlp.Training.Preprocessing;

namespace Mlp.Training.Evaluation.Thresholds;

/// <summary>Chooses the threshold of a binary classifier on labelled rows. Use rows that neither the model nor its calibration was fitted to. Thread-safe.</summary>
public static class ThresholdSelector
{
    /// <summary>Chooses a threshold for scores.</summary>
    /// <param name="rows">Labelled probabilities of two classes.</param>
    /// <param name="rule">By what.</param>
    /// <param name="options">Resamples; null for the defaults.</param>
    /// <param name="cancellationToken">Ends the resampling.</param>
    /// <exception cref="ArgumentException">The rows are of another task, a score is no probability, costs say nothing about thresholds, or a setting is out of range.</exception>
    /// <exception cref="TrainingDataException">Rows are of one class or of one score, or no threshold reaches the rule's target.</exception>
    public static ThresholdChoice Choose(ScoredRows rows, ThresholdRule rule, ThresholdOptions? options = null, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(rule);
        options ??= new();
        OptionRanges.ThrowIfViolated(options);
        options.Costs?.ThrowIfMeaningless();
        ProbabilityCheck.Require(rows, ModelTask.BinaryClassification);
        ProbabilityCheck.RequireBothClasses(rows, "to choose a threshold on");
        return Choose(rows.Scores.ToArray(), Array.ConvertAll(rows.Labels.ToArray(), l => (byte)l), rows.WeightsOrOnes(), rule, options, cancellationToken);
    }

    /// <summary>Chooses a threshold for a fitted model.</summary>
    /// <param name="model">A binary classifier.</param>
    /// <param name="rows">Labelled rows with its features; a weight column counts.</param>
    /// <param name="rule">By what.</param>
    /// <param name="options">Resamples and the calibration that the model will be exported with; null for the defaults.</param>
    /// <param name="cancellationToken">Ends reading and resampling.</param>
    /// <inheritdoc cref="Choose(ScoredRows, ThresholdRule, ThresholdOptions, CancellationToken)" path="/exception"/>
    public static async Task<ThresholdChoice> ChooseAsync(
        IFittedModel model, ITrainingSet rows, ThresholdRule rule, ThresholdOptions? options = null, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(model);
        ArgumentNullException.ThrowIfNull(rows);
        RequireBinary(model.Task);
        var scored = options?.Calibration is { } calibration
            ? await ScoreAsync(model, rows, calibration, cancellationToken).ConfigureAwait(false)
            : await Evaluator.ScoreAsync(model, rows, cancellationToken: cancellationToken).ConfigureAwait(false);
        return Choose(scored, rule, options, cancellationToken);
    }

    /// <summary>Chooses a threshold for an exported model by ONNX Runtime.</summary>
    /// <param name="model">A binary classifier, with its calibration in it.</param>
    /// <param name="rows">Labelled rows with its features; a weight column counts.</param>
    /// <param name="rule">By what.</param>
    /// <param name="options">Resamples; null for the defaults.</param>
    /// <param name="cancellationToken">Ends reading and resampling.</param>
    /// <inheritdoc cref="Choose(ScoredRows, ThresholdRule, ThresholdOptions, CancellationToken)" path="/exception"/>
    public static async Task<ThresholdChoice> ChooseAsync(
        TrainedModel model, ITrainingSet rows, ThresholdRule rule, ThresholdOptions? options = null, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(model);
        ArgumentNullException.ThrowIfNull(rows);
        RequireBinary(model.Output.Task);
        var files = new OnnxFiles(model.Onnx, null, WeightStorage.Resident, 0);
        return Choose(
            await Evaluator.ScoreAsync("model", files, model.Features, model.Output, rows, groupColumn: null, cancellationToken).ConfigureAwait(false), rule, options, cancellationToken);
    }

    // A model of this library is calibrated by its own log odds, as its file is; any other one by its probabilities.
    private static async Task<ScoredRows> ScoreAsync(IFittedModel model, ITrainingSet rows, ScoreCalibration calibration, CancellationToken cancellationToken)
    {
        if (model is not IExportable exportable)
        {
            var scored = await Evaluator.ScoreAsync(model, rows, cancellationToken: cancellationToken).ConfigureAwait(false);
            return scored.WithScores(Widen(calibration.Apply(Array.ConvertAll(scored.Scores.ToArray(), s => (float)s))));
        }

        var source = CalibratedSource.Of(exportable.Source, calibration);
        var read = await LabelledRows.ReadAsync(rows, model.Features, Evaluator.Reading(rows, model.Task, model.ClassNames, groupColumn: null), cancellationToken).ConfigureAwait(false);
        return ScoredRows.Of(model.Task, Widen(source.Score(read.Table)), read);
    }

    private static double[] Widen(float[] scores) => Array.ConvertAll(scores, s => (double)s);

    private static ThresholdChoice Choose(double[] scores, byte[] labels, double[] weights, ThresholdRule rule, ThresholdOptions options, CancellationToken cancellationToken)
    {
        var (one, zero) = Costs(rule, options.Costs, labels);
        ThrowIfConstant(scores);
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

    private static void ThrowIfConstant(double[] scores)
    {
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
