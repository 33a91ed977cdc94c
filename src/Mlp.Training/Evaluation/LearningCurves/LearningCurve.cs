using System.Collections.ObjectModel;
using Mlp.Runtime.Data;
using Mlp.Training.Networks;
using Mlp.Training.Sampling;

namespace Mlp.Training.Evaluation.LearningCurves;

/// <summary>
/// How a model gets better with rows: trainings on growing parts of the rows, measured on a holdout, several times with other rows and seeds. Within a repeat each part holds the smaller ones. Immutable.
/// </summary>
public sealed class LearningCurve
{
    private LearningCurve(GateMetric metric, IReadOnlyList<LearningCurveRun> runs, LearningCurveOptions options)
    {
        (Metric, Runs) = (metric, runs);
        Points = [.. runs.GroupBy(r => r.RowCount).OrderBy(g => g.Key).Select(g => new LearningCurvePoint(
            g.Key, g.Average(r => r.Training), Deviation([.. g.Select(r => r.Training)]), g.Average(r => r.Holdout), Deviation([.. g.Select(r => r.Holdout)])))];
        (Verdict, ProjectedGain, Advice) = CurveProjection.Judge(metric, runs, Points, options.WorthwhileGain);
    }

    /// <summary>What was measured.</summary>
    public GateMetric Metric { get; }

    /// <summary>What trained, of the first training (<see cref="ITrainer.Parameters"/>): the others differ by their seed.</summary>
    public IReadOnlyDictionary<string, string> Parameters { get; private init; } = ReadOnlyDictionary<string, string>.Empty;

    /// <summary>Every training.</summary>
    public IReadOnlyList<LearningCurveRun> Runs { get; }

    /// <summary>The trainings by number of rows, ascending.</summary>
    public IReadOnlyList<LearningCurvePoint> Points { get; }

    /// <summary>Whether more rows would help.</summary>
    public MoreRowsVerdict Verdict { get; }

    /// <summary>By how much twice as many rows would better the metric, by the curve a + b·n^−c through the points; NaN with fewer than three points.</summary>
    public double ProjectedGain { get; }

    /// <summary>The verdict in a sentence.</summary>
    public string Advice { get; }

    /// <summary>Measures a learning curve with trainers whose seed differs from repeat to repeat.</summary>
    /// <param name="create">Makes the trainer of a seed.</param>
    /// <param name="training">All rows to train on; parts keep their order.</param>
    /// <param name="holdout">Labelled rows to measure on, which no training sees.</param>
    /// <param name="options">Parts and repeats; null for the defaults.</param>
    /// <param name="progress">Told after each training.</param>
    /// <param name="cancellationToken">Ends the trainings.</param>
    /// <exception cref="ArgumentException">A setting is out of range, or the metric says nothing about the trainer's task.</exception>
    /// <exception cref="TrainingDataException">Rows are not fit to train on: a part may be too small, or of one class.</exception>
    /// <exception cref="OperationCanceledException">The token was cancelled.</exception>
    public static async Task<LearningCurve> MeasureAsync(
        Func<int, ITrainer> create,
        ITrainingSet training,
        ITrainingSet holdout,
        LearningCurveOptions? options = null,
        IProgress<LearningCurveRun>? progress = null,
        CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(create);
        ArgumentNullException.ThrowIfNull(training);
        ArgumentNullException.ThrowIfNull(holdout);
        options ??= new();
        options.ThrowIfViolated();
        var rowCount = checked((int)training.Manifest.RowCount);
        int[] sizes = [.. options.Shares.Select(s => Math.Max(1, (int)Math.Round(s * rowCount, MidpointRounding.AwayFromZero))).Distinct()];
        if (sizes.Length < 2)
        {
            throw new TrainingDataException(FormattableString.Invariant($"Expected enough rows for parts of two sizes, but the training set has {rowCount}."));
        }

        var runs = new List<LearningCurveRun>();
        GateMetric? metric = null;
        IReadOnlyDictionary<string, string>? parameters = null;
        for (var repeat = 0; repeat < options.Repeats; repeat++)
        {
            var order = Enumerable.Range(0, rowCount).ToArray();
            SeededRandom.For(unchecked(options.Seed + repeat), "learning curve").Shuffle(order);
            foreach (var size in sizes)
            {
                var trainer = create(unchecked(options.Seed + repeat));
                parameters ??= trainer.Parameters;
                metric ??= MetricRule.For(trainer.Task, options.Metric);
                var part = size == rowCount ? training : await TakeAsync(training, order.AsMemory(0, size), cancellationToken).ConfigureAwait(false);
                using var model = await trainer.FitAsync(part, cancellationToken: cancellationToken).ConfigureAwait(false);
                var run = new LearningCurveRun(
                    size, repeat,
                    await MeasureAsync(metric.Value, model, part, options.GroupColumn, cancellationToken).ConfigureAwait(false),
                    await MeasureAsync(metric.Value, model, holdout, options.GroupColumn, cancellationToken).ConfigureAwait(false));
                runs.Add(run);
                progress?.Report(run);
            }
        }

        return new(metric!.Value, runs, options) { Parameters = parameters! };
    }

    /// <summary>Measures a learning curve with one trainer: repeats differ by their rows alone.</summary>
    /// <param name="trainer">The trainer.</param>
    /// <param name="training">All rows to train on; parts keep their order.</param>
    /// <param name="holdout">Labelled rows to measure on, which no training sees.</param>
    /// <param name="options">Parts and repeats; null for the defaults.</param>
    /// <param name="progress">Told after each training.</param>
    /// <param name="cancellationToken">Ends the trainings.</param>
    /// <inheritdoc cref="MeasureAsync(Func{int, ITrainer}, ITrainingSet, ITrainingSet, LearningCurveOptions, IProgress{LearningCurveRun}, CancellationToken)" path="/exception"/>
    public static Task<LearningCurve> MeasureAsync(
        ITrainer trainer,
        ITrainingSet training,
        ITrainingSet holdout,
        LearningCurveOptions? options = null,
        IProgress<LearningCurveRun>? progress = null,
        CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(trainer);
        return MeasureAsync(_ => trainer, training, holdout, options, progress, cancellationToken);
    }

    /// <inheritdoc/>
    public override string ToString() => Advice;

    /// <summary>A curve of runs that have been measured already.</summary>
    internal static LearningCurve Of(GateMetric metric, IReadOnlyList<LearningCurveRun> runs, LearningCurveOptions? options = null) => new(metric, runs, options ?? new());

    private static async Task<double> MeasureAsync(GateMetric metric, IFittedModel model, ITrainingSet rows, string? groupColumn, CancellationToken cancellationToken)
    {
        var scored = await Evaluator.ScoreAsync(model, rows, groupColumn, cancellationToken).ConfigureAwait(false);
        return MetricRule.Read(metric, EvaluationCalculator.Compute(scored, 0.5, options: null));
    }

    private static async Task<ITrainingSet> TakeAsync(ITrainingSet set, ReadOnlyMemory<int> rows, CancellationToken cancellationToken)
    {
        var counts = new int[set.Manifest.RowCount];
        foreach (var row in rows.Span)
        {
            counts[row] = 1;
        }

        return await RowSelection.CreateAsync(set, counts, () => "Expected rows to train on, but the part is empty.", cancellationToken).ConfigureAwait(false);
    }

    private static double Deviation(double[] values)
    {
        var mean = values.Average();
        return values.Length < 2 ? double.NaN : Math.Sqrt(values.Sum(v => (v - mean) * (v - mean)) / (values.Length - 1));
    }
}
