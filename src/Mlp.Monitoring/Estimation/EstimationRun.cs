using Mlp.Monitoring.Labels;
using Mlp.Monitoring.Labels.Joins;
using Mlp.Monitoring.Performance;
using Mlp.Monitoring.PredictionLog;
using Mlp.Runtime.Data;
using Mlp.Runtime.Models;

namespace Mlp.Monitoring.Estimation;

/// <summary>
/// Estimates a model's quality over windows of its log, and compares it with the labels that have come. The reference is read first, learnt from and let go; then the windows, of which numbers are kept
/// (<see cref="EstimatedRows"/>). Used once.
/// </summary>
/// <param name="model">Model name.</param>
/// <param name="log">The model's log.</param>
/// <param name="labels">The labels.</param>
/// <param name="options">Validated.</param>
/// <param name="published">What was published with the version, where the options give no other.</param>
/// <param name="now">The time that maturity counts back from.</param>
internal sealed class EstimationRun(string model, LogScan log, LabelStore labels, EstimationOptions options, QualityEstimators published, DateTimeOffset now)
{
    /// <summary>Where the windows begin: behind the reference, which is not judged.</summary>
    private DateTimeOffset? Start => options.From is { } from && (options.ReferenceTo is null || from > options.ReferenceTo) ? from : options.ReferenceTo ?? options.From;

    /// <summary>Reads, joins, learns and estimates.</summary>
    /// <param name="scratch">Folder for what does not fit into memory.</param>
    /// <param name="cancellationToken">Ends the reading.</param>
    /// <exception cref="InvalidOperationException">The version is neither a classifier nor a regression, or the reference has no labels to learn from.</exception>
    public IReadOnlyList<EstimationResult> Run(string scratch, CancellationToken cancellationToken)
    {
        if (log.Headers(options.Version is { } wanted ? v => v == wanted : null).MaxBy(h => h.Version) is not { } header)
        {
            return [];
        }

        var estimation = Prepare(header.Version, header.Output, scratch, cancellationToken);
        var grid = Evaluation(header.Version, Start, options.To);
        var rows = Read(grid, estimation.ValueCount, Keep, scratch, cancellationToken);
        return Estimate(rows, grid, header.Version, header.Output, estimation);

        bool Keep(in JoinedRow row, ReadOnlySpan<double> values, Span<double> kept) => grid.ValueCount == estimation.ReadCount
            ? estimation.TryKeep(row, values, kept)
            : throw new InvalidOperationException(
                $"Expected an estimator of as many {(header.Output.Task == ModelTask.Regression ? "features that are numbers or truth values" : "classes")} as the model has, {grid.ValueCount}, but found one of {estimation.ReadCount} (model '{model}' version {header.Version}).");
    }

    /// <summary>Estimates window by window.</summary>
    /// <param name="rows">Sorted rows of the range.</param>
    /// <param name="grid">Says the windows.</param>
    /// <param name="version">Model version.</param>
    /// <param name="output">What its output means.</param>
    /// <param name="estimation">The estimate.</param>
    public IReadOnlyList<EstimationResult> Estimate(EstimatedRows rows, LogEvaluation grid, int version, ModelOutput output, WindowEstimation estimation)
    {
        var results = Windows(rows, grid).Select(w => Estimate(rows, w.Rows, w.From, w.To, version, output, estimation)).ToList();
        return results.ConvertAll(r => r with { Findings = [.. estimation.Find(r, results.Count)] });
    }

    private LogEvaluation Evaluation(int version, DateTimeOffset? from, DateTimeOffset? to)
        => new(model, log, labels, new EvaluationOptions { Version = version, From = from, To = to, Window = options.Window, Slide = options.Slide }, now, withFeatures: true);

    private static EstimatedRows Read(LogEvaluation reading, int? valueCount, KeepRow keep, string scratch, CancellationToken cancellationToken)
    {
        EstimatedRows? rows = null;
        double[] kept = [];
        reading.Join(
            scratch,
            (in JoinedRow row, ReadOnlySpan<int> _, ReadOnlySpan<double> values) =>
            {
                if (rows is null)
                {
                    rows = new EstimatedRows(valueCount ?? reading.ValueCount);
                    kept = new double[rows.ValueCount];
                }

                if (EstimatedRows.CanHold(row) && keep(row, values, kept))
                {
                    rows.Add(row, kept);
                }
            },
            cancellationToken);
        rows ??= new EstimatedRows(0);
        rows.Sort();
        return rows;
    }

    /// <summary>The estimate that fits a model's task: given, published, or learnt from the log.</summary>
    /// <param name="version">Model version.</param>
    /// <param name="output">What its output means.</param>
    /// <param name="scratch">Folder for what does not fit into memory.</param>
    /// <param name="cancellationToken">Ends the reading.</param>
    /// <exception cref="InvalidOperationException">There is none for the task, or the reference has no labels to learn from.</exception>
    public WindowEstimation Prepare(int version, ModelOutput output, string scratch, CancellationToken cancellationToken)
    {
        switch (output.Task)
        {
            case ModelTask.BinaryClassification:
                return new ClassifierEstimation(options.Estimator ?? published.Binary ?? Learn(r => ClassifierEstimation.Fit(r, options.ChunkSize, output.DecisionThreshold)), options);
            case ModelTask.MulticlassClassification:
                return new MulticlassEstimation(options.ClassEstimator ?? published.Classes ?? Learn(r => MulticlassEstimation.Fit(r, options.ChunkSize)), options);
            case ModelTask.Regression:
                return new RegressionEstimation(options.LossEstimator ?? published.Losses ?? Learn(r => RegressionEstimation.Fit(r, options.ChunkSize)));
            default:
                throw new InvalidOperationException(
                    $"Expected a classifier, whose scores say how sure it is, or a regression, but found a model of another kind, {output.Task} (model '{model}' version {version}).");
        }

        T Learn<T>(Func<EstimatedRows, T> fit)
        {
            var reference = Read(Evaluation(version, options.ReferenceFrom, RequireReference(output.Task, version)), null, Keep, scratch, cancellationToken);
            try
            {
                return fit(reference);
            }
            catch (ArgumentException e)
            {
                throw new InvalidOperationException(
                    $"Expected a reference with labels to learn from, but found {reference.Count} labelled predictions up to {options.ReferenceTo:O} (model '{model}' version {version}). {e.Message}", e);
            }
        }

        bool Keep(in JoinedRow row, ReadOnlySpan<double> values, Span<double> kept)
        {
            values[..kept.Length].CopyTo(kept);
            return !double.IsNaN(row.Label)
                && QualityGroup.CanBeLabel(output, row.Label)
                && (output.Task != ModelTask.MulticlassClassification || (row.Label < kept.Length && !QualityGroup.HasNaN(kept)));
        }
    }

    private DateTimeOffset RequireReference(ModelTask task, int version)
        => options.ReferenceTo
            ?? throw new InvalidOperationException(
                $"Expected an estimator that fits the model's task, {task}, given or published with the version, or {nameof(EstimationOptions.ReferenceTo)}, the end of a reference in the log, but found none of them (model '{model}' version {version}).");

    private IEnumerable<(Range Rows, DateTimeOffset? From, DateTimeOffset? To)> Windows(EstimatedRows rows, LogEvaluation grid)
    {
        var windows = new SortedSet<long>();
        for (var i = 0; i < rows.Count; i++)
        {
            grid.VisitWindows(rows.TimeAt(i), window => windows.Add(window));
        }

        return windows.Select(w => options.Window is null
            ? (Range.All, Start, options.To)
            : ((Range, DateTimeOffset?, DateTimeOffset?))(rows.FindFirst(TimeOf(grid.StartOf(w)))..rows.FindFirst(TimeOf(grid.EndOf(w))), grid.StartOf(w), grid.EndOf(w)));
    }

    private static long TimeOf(DateTimeOffset time) => Microseconds.FromRequestTime(time);

    private EstimationResult Estimate(
        EstimatedRows rows, Range window, DateTimeOffset? from, DateTimeOffset? to, int version, ModelOutput output, WindowEstimation estimation)
    {
        var maturedBefore = options.Maturity > TimeSpan.Zero ? TimeOf(now - options.Maturity) : long.MaxValue;
        var (start, count) = window.GetOffsetAndLength(rows.Count);
        var matured = new QualityGroup(output, count);
        for (var i = start; i < start + count && rows.TimeAt(i) < maturedBefore; i++)
        {
            var values = output.Task == ModelTask.MulticlassClassification ? rows.ValuesOf(i..(i + 1)) : [];
            matured.Add(new JoinedRow { IsScored = true, Score = rows.Scores[i], Label = rows.Labels[i], Weight = rows.Weights[i] }, values);
        }

        var realized = QualityCalculator.Compute(matured, output, model, version, new EvaluationOptions()) with { From = from, To = to, ImmatureCount = count - matured.PredictionCount };
        return estimation.Estimate(rows, start..(start + count), new EstimationResult
        {
            Model = model,
            Version = version,
            From = from,
            To = to,
            RowCount = count,
            Estimates = [],
            Realized = realized with { Problem = QualityProblems.Find(realized) },
            IsChecked = realized.ImmatureCount == 0 && (realized.BinaryClassification is not null || realized.Multiclass is not null || realized.Regression is not null),
            Findings = [],
        });
    }

    private delegate bool KeepRow(in JoinedRow row, ReadOnlySpan<double> values, Span<double> kept);
}
