using Mlp.Runtime.Data;
using Mlp.Runtime.Models;
using Mlp.Runtime.Statistics;
using Mlp.Training.Evaluation.Folds;
using Mlp.Training.Export;

namespace Mlp.Training.Evaluation.Comparison;

/// <summary>
/// Compares two models on the same rows with a paired test and says which to take. Without <see cref="GateOptions.Test"/> the test is DeLong's where the metric has it, and a bootstrap of
/// <see cref="GateOptions.BootstrapSamples"/> draws else (1,000 where none are asked for). Thread-safe.
/// </summary>
public static class ModelComparison
{
    private const int DefaultSampleCount = 1000;
    private const double DefaultThreshold = 0.5;

    /// <summary>Compares two models that were trained.</summary>
    /// <param name="challenger">The model that may replace the other.</param>
    /// <param name="champion">The other.</param>
    /// <param name="holdout">Labelled rows that neither has seen, with the features of both.</param>
    /// <param name="options">The metric, the bar and the test; null for the defaults.</param>
    /// <param name="cancellationToken">Ends the comparison.</param>
    /// <exception cref="TrainingDataException">The rows do not fit a model.</exception>
    /// <exception cref="ArgumentException">An option is out of range, or the metric or test does not fit the task.</exception>
    public static async Task<ComparisonResult> CompareAsync(
        IFittedModel challenger, IFittedModel champion, ITrainingSet holdout, GateOptions? options = null, CancellationToken cancellationToken = default)
    {
        options = Checked(options);
        var mine = await Evaluator.ScoreAsync(challenger, holdout, options.GroupColumn, cancellationToken).ConfigureAwait(false);
        var theirs = await Evaluator.ScoreAsync(champion, holdout, options.GroupColumn, cancellationToken).ConfigureAwait(false);
        return Compare(mine, theirs, (DefaultThreshold, DefaultThreshold), options, cancellationToken);
    }

    /// <summary>Compares two exported models.</summary>
    /// <inheritdoc cref="CompareAsync(IFittedModel, IFittedModel, ITrainingSet, GateOptions?, CancellationToken)"/>
    /// <exception cref="InvalidModelException">A file cannot be run on the rows.</exception>
    public static async Task<ComparisonResult> CompareAsync(
        TrainedModel challenger, TrainedModel champion, ITrainingSet holdout, GateOptions? options = null, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(challenger);
        ArgumentNullException.ThrowIfNull(champion);
        ArgumentNullException.ThrowIfNull(holdout);
        options = Checked(options);
        Task<ScoredRows> ScoreAsync(string name, TrainedModel model) => Evaluator.ScoreAsync(
            name, new OnnxFiles(model.Onnx, null, WeightStorage.Resident, 0), model.Features, model.Output, holdout, options.GroupColumn, cancellationToken);
        var mine = await ScoreAsync("challenger", challenger).ConfigureAwait(false);
        var theirs = await ScoreAsync("champion", champion).ConfigureAwait(false);
        return Compare(mine, theirs, (challenger.Output.DecisionThreshold, champion.Output.DecisionThreshold), options, cancellationToken);
    }

    /// <summary>Compares scores of two models on the same rows.</summary>
    /// <param name="challenger">Scores of the model that may replace the other.</param>
    /// <param name="champion">Scores of the other.</param>
    /// <param name="options">The metric, the bar and the test; null for the defaults.</param>
    /// <param name="cancellationToken">Ends the comparison.</param>
    /// <exception cref="ArgumentException">The rows are not the same ones, an option is out of range, or the metric or test does not fit the task.</exception>
    public static ComparisonResult Compare(ScoredRows challenger, ScoredRows champion, GateOptions? options = null, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(challenger);
        ArgumentNullException.ThrowIfNull(champion);
        return Compare(challenger, champion, (DefaultThreshold, DefaultThreshold), Checked(options), cancellationToken);
    }

    /// <summary>
    /// Compares two trainers by their cross-validations on the same folds: the t-test over the folds' differences, whose variance is taken as (1/J + n₂/n₁) s², J folds of n₂ test rows after n₁ training rows each,
    /// because folds share training rows (Nadeau and Bengio, "Inference for the Generalization Error", Machine Learning 52, 2003).
    /// </summary>
    /// <param name="challenger">The trainer that may replace the other.</param>
    /// <param name="champion">The other.</param>
    /// <param name="options">The metric and the bar; null for the defaults.</param>
    /// <exception cref="ArgumentException">The folds are not the same ones, an option is out of range, or the metric does not fit the task.</exception>
    public static ComparisonResult Compare(CrossValidationResult challenger, CrossValidationResult champion, GateOptions? options = null)
    {
        ArgumentNullException.ThrowIfNull(challenger);
        ArgumentNullException.ThrowIfNull(champion);
        options = Checked(options);
        if (challenger.FoldFingerprint != champion.FoldFingerprint || challenger.Task != champion.Task)
        {
            throw new ArgumentException("Expected two cross-validations of the same rows, folds and task, but found others: run both with the same settings.", nameof(champion));
        }

        if (options.Test is { } test and not PairedTest.CorrectedT)
        {
            throw new ArgumentException($"Expected the test {PairedTest.CorrectedT} for cross-validations, but found {test}.", nameof(options));
        }

        var metric = MetricRule.For(challenger.Task, options.Metric);
        var pairs = challenger.Folds.Zip(champion.Folds)
            .Select(p => (Mine: MetricRule.Read(metric, p.First.Result), Theirs: MetricRule.Read(metric, p.Second.Result)))
            .Where(p => !double.IsNaN(p.Mine) && !double.IsNaN(p.Theirs))
            .ToList();
        var differences = pairs.ConvertAll(p => MetricRule.Improvement(metric, p.Mine, p.Theirs));
        var mean = new FoldMean(differences, challenger.TestShare, options.Confidence);
        var figures = new ComparisonFigures(metric, pairs.Count == 0 ? double.NaN : pairs.Average(p => p.Mine), pairs.Count == 0 ? double.NaN : pairs.Average(p => p.Theirs), mean.Mean)
        {
            Interval = double.IsNaN(mean.Lower) ? null : new(mean.Lower, mean.Upper, options.Confidence),
            LogLosses = (LogLossOf(challenger.OutOfFold), LogLossOf(champion.OutOfFold)),
            ChampionName = "the champion",
            RowCount = challenger.OutOfFold.RowCount,
        };
        return Result(figures, new(PairedTest.CorrectedT, figures.Interval, mean.PValue), ClassRows.Objection(metric, challenger.Predictions.Rows, options.MinimumClassRows), options);
    }

    /// <summary>The test of two models' scores on the same rows.</summary>
    /// <param name="metric">The metric.</param>
    /// <param name="challenger">Scores of the challenger.</param>
    /// <param name="champion">Scores of the champion.</param>
    /// <param name="improvement">The improvement on all rows.</param>
    /// <param name="thresholds">Where class 1 begins for either.</param>
    /// <param name="options">The test and its settings.</param>
    /// <param name="cancellationToken">Ends the test.</param>
    internal static PairedDifference Test(
        GateMetric metric,
        ScoredRows challenger,
        ScoredRows champion,
        double improvement,
        (double Challenger, double Champion) thresholds,
        GateOptions options,
        CancellationToken cancellationToken)
    {
        var test = options.Test ?? (PairedDeLong.IsFor(metric) ? PairedTest.DeLong : PairedTest.Bootstrap);
        if (test == PairedTest.CorrectedT || (test == PairedTest.DeLong && !PairedDeLong.IsFor(metric)))
        {
            throw new ArgumentException(
                test == PairedTest.CorrectedT
                    ? $"Expected the test {PairedTest.Bootstrap} or {PairedTest.DeLong} for models on the same rows, but found {test}, which compares cross-validations."
                    : $"Expected the metric {GateMetric.Auc} or {GateMetric.MacroAuc} for the test {test}, but found {metric}.",
                nameof(options));
        }

        return test == PairedTest.DeLong
            ? PairedDeLong.Compute(challenger, champion, improvement, options.Confidence, cancellationToken)
            : PairedBootstrap.Compute(metric, challenger, champion, thresholds, options.BootstrapSamples > 0 ? options : options.WithBootstrap(DefaultSampleCount), cancellationToken);
    }

    /// <summary>Refuses rows that are not the same.</summary>
    /// <exception cref="ArgumentException">Number of rows, task, labels or groups differ.</exception>
    internal static void RequireSameRows(ScoredRows challenger, ScoredRows champion)
    {
        if (challenger.Task != champion.Task || challenger.RowCount != champion.RowCount || !challenger.Weights.SequenceEqual(champion.Weights)
            || !challenger.Groups.SequenceEqual(champion.Groups) || FirstOtherLabel(challenger, champion) is { })
        {
            var row = challenger.Task == champion.Task && challenger.RowCount == champion.RowCount ? FirstOtherLabel(challenger, champion) : null;
            throw new ArgumentException(
                row is { } number
                    ? $"Expected both models to be scored on the same rows, but the labels of row {number} differ."
                    : $"Expected both models to be scored on the same rows, but found {challenger.RowCount} rows for {challenger.Task} and {champion.RowCount} rows for {champion.Task}, or other weights or groups.",
                nameof(champion));
        }
    }

    private static ComparisonResult Compare(
        ScoredRows challenger, ScoredRows champion, (double Challenger, double Champion) thresholds, GateOptions options, CancellationToken cancellationToken)
    {
        RequireSameRows(challenger, champion);
        cancellationToken.ThrowIfCancellationRequested();
        var metric = MetricRule.For(challenger.Task, options.Metric);
        var mine = EvaluationCalculator.Compute(challenger, thresholds.Challenger, options: null);
        var theirs = EvaluationCalculator.Compute(champion, thresholds.Champion, options: null);
        var figures = ComparisonFigures.Of(metric, mine, theirs, "the champion");
        var difference = Test(metric, challenger, champion, figures.Improvement, thresholds, options, cancellationToken);
        return Result(figures with { Interval = difference.Interval }, difference, ClassRows.Objection(metric, challenger, options.MinimumClassRows), options);
    }

    private static ComparisonResult Result(ComparisonFigures figures, PairedDifference difference, string? objection, GateOptions options)
    {
        var (decision, reason) = figures.RowCount < options.MinimumRows
            ? (GateDecision.Inconclusive, FormattableString.Invariant($"Expected at least {options.MinimumRows} rows to compare on, but found {figures.RowCount}: the champion stays."))
            : objection is { } && !double.IsNaN(figures.Improvement)
                ? (GateDecision.Inconclusive, objection)
                : figures.Interval is null && !double.IsNaN(figures.Improvement)
                    ? (GateDecision.Inconclusive, "There are too few rows or folds to tell an improvement from chance: the champion stays.")
                    : GateRule.Decide(figures, options);
        return new()
        {
            Decision = decision,
            Reason = reason,
            Metric = figures.Metric,
            Challenger = figures.Challenger,
            Champion = figures.Champion,
            Improvement = figures.Improvement,
            Interval = difference.Interval,
            PValue = difference.PValue,
            Test = difference.Test,
            RowCount = figures.RowCount,
        };
    }

    private static GateOptions Checked(GateOptions? options)
    {
        options ??= new();
        OptionRanges.ThrowIfAny(options.FindFailures(), nameof(options));
        return options;
    }

    private static double LogLossOf(EvaluationResult result) => result.Metrics.GetValueOrDefault(MetricNames.LogLoss, double.NaN);

    // Of several classes by name: the models may order them differently.
    private static int? FirstOtherLabel(ScoredRows a, ScoredRows b)
    {
        for (var i = 0; i < Math.Min(a.RowCount, b.RowCount); i++)
        {
            var isSame = a.Task == ModelTask.MulticlassClassification && b.Task == a.Task
                ? a.ClassNames[(int)a.Labels[i]] == b.ClassNames[(int)b.Labels[i]]
                : a.Labels[i] == b.Labels[i];
            if (!isSame)
            {
                return i;
            }
        }

        return null;
    }
}
