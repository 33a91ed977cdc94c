using Mlp.Monitoring.Labels;
using Mlp.Monitoring.Labels.Joins;
using Mlp.Monitoring.Performance;
using Mlp.Monitoring.PredictionLog;
using Mlp.Runtime.Data;
using Mlp.Runtime.Models;
using Mlp.Runtime.Statistics;

namespace Mlp.Monitoring.Estimation;

/// <summary>Estimates a model's quality over windows of its log, and compares it with the labels that have come. Used once.</summary>
/// <param name="model">Model name.</param>
/// <param name="log">The model's log.</param>
/// <param name="labels">The labels.</param>
/// <param name="options">Validated.</param>
/// <param name="now">The time that maturity counts back from.</param>
internal sealed class EstimationRun(string model, LogScan log, LabelStore labels, EstimationOptions options, DateTimeOffset now)
{
    private readonly List<EstimatedRow> _rows = [];

    /// <summary>Where the windows begin: behind the reference, which is not judged.</summary>
    private DateTimeOffset? Start => options.From is { } from && (options.ReferenceTo is null || from > options.ReferenceTo) ? from : options.ReferenceTo ?? options.From;

    /// <summary>Reads, joins, learns and estimates.</summary>
    /// <param name="scratch">Folder for what does not fit into memory.</param>
    /// <param name="cancellationToken">Ends the reading.</param>
    /// <exception cref="InvalidOperationException">The version is neither binary classifier nor regression, or the reference has no labels to learn from.</exception>
    public IReadOnlyList<EstimationResult> Run(string scratch, CancellationToken cancellationToken)
    {
        var reading = new LogEvaluation(model, log, labels, new EvaluationOptions { Version = options.Version }, now, withFeatures: true);
        reading.Join(scratch, Add, cancellationToken);
        if (reading.Outputs.Count == 0)
        {
            return [];
        }

        var version = options.Version ?? reading.Outputs.Keys.Max();
        var output = reading.Outputs[version];
        _rows.RemoveAll(r => r.Answer.Version != version);
        _rows.Sort((a, b) => (a.Answer.RequestTime, a.Answer.RequestId).CompareTo((b.Answer.RequestTime, b.Answer.RequestId)));
        var estimation = Learn(version, output, reading.CountValues(version));
        return [.. Windows().Select(w => Estimate(w.Rows, w.From, w.To, version, output, estimation))];
    }

    private void Add(in JoinedRow row, ReadOnlySpan<int> slices, ReadOnlySpan<double> values)
    {
        if (row.IsScored && double.IsFinite(row.Score) && SamplingWeights.IsValid(row.Weight))
        {
            _rows.Add(new EstimatedRow(row, values.ToArray()));
        }
    }

    private WindowEstimation Learn(int version, ModelOutput output, int featureCount)
    {
        var (from, to) = (options.ReferenceFrom is { } first ? Microseconds.FromRequestTime(first) : long.MinValue, options.ReferenceTo is { } end ? Microseconds.FromRequestTime(end) : long.MinValue);
        var reference = _rows.FindAll(r => r.Answer.RequestTime >= from && r.Answer.RequestTime < to && QualityGroup.CanBeLabel(output, r.Answer.Label) && !double.IsNaN(r.Answer.Label));
        try
        {
            return output.Task switch
            {
                ModelTask.BinaryClassification => new ClassifierEstimation(options, reference, output.DecisionThreshold),
                ModelTask.Regression => new RegressionEstimation(options, reference, featureCount),
                _ => throw new InvalidOperationException(
                    $"Expected a binary classifier, whose scores say how sure it is, or a regression, but found a model of another kind, {output.Task} (model '{model}' version {version})."),
            };
        }
        catch (ArgumentException e)
        {
            throw new InvalidOperationException($"Expected a reference with labels to learn from, but found {reference.Count} labelled predictions up to {options.ReferenceTo:O} (model '{model}' version {version}). {e.Message}", e);
        }
    }

    private IEnumerable<(List<EstimatedRow> Rows, DateTimeOffset? From, DateTimeOffset? To)> Windows()
    {
        var grid = new LogEvaluation(model, log, labels, new EvaluationOptions { Window = options.Window, Slide = options.Slide, From = Start }, now);
        var (start, end) = (Start is { } from ? Microseconds.FromRequestTime(from) : long.MinValue, options.To is { } to ? Microseconds.FromRequestTime(to) : long.MaxValue);
        var windows = new SortedDictionary<long, List<EstimatedRow>>();
        foreach (var row in _rows.Where(r => r.Answer.RequestTime >= start && r.Answer.RequestTime < end))
        {
            grid.VisitWindows(row.Answer.RequestTime, window =>
            {
                if (!windows.TryGetValue(window, out var own))
                {
                    windows.Add(window, own = []);
                }

                own.Add(row);
            });
        }

        return windows.Select(w => options.Window is null ? (w.Value, Start, options.To) : (w.Value, grid.StartOf(w.Key), grid.EndOf(w.Key)));
    }

    private EstimationResult Estimate(List<EstimatedRow> rows, DateTimeOffset? from, DateTimeOffset? to, int version, ModelOutput output, WindowEstimation estimation)
    {
        var maturedBefore = options.Maturity > TimeSpan.Zero ? Microseconds.FromRequestTime(now - options.Maturity) : long.MaxValue;
        var matured = new QualityGroup(output, rows.Count);
        foreach (var row in rows.Where(r => r.Answer.RequestTime < maturedBefore))
        {
            matured.Add(row.Answer);
        }

        var realized = QualityCalculator.Compute(matured, output, model, version, new EvaluationOptions()) with { From = from, To = to, ImmatureCount = rows.Count - matured.PredictionCount };
        var result = estimation.Estimate(rows, new EstimationResult
        {
            Model = model,
            Version = version,
            From = from,
            To = to,
            RowCount = rows.Count,
            Estimates = [],
            Realized = realized with { Problem = QualityProblems.Find(realized) },
            IsChecked = realized.ImmatureCount == 0 && (realized.BinaryClassification is not null || realized.Regression is not null),
            Findings = [],
        });
        return result with { Findings = [.. estimation.Find(result)] };
    }
}
