using Mlp.Monitoring.Labels;
using Mlp.Monitoring.Labels.Joins;
using Mlp.Monitoring.Performance;
using Mlp.Runtime.Data;
using Mlp.Runtime.Models;
using Mlp.Runtime.Statistics;
using Mlp.Runtime.Statistics.Estimation;

namespace Mlp.Monitoring.Estimation;

/// <summary>Estimates a model's quality over windows of its log, and compares it with the labels that have come. Used once.</summary>
/// <param name="model">Model name.</param>
/// <param name="folder">Folder of the model's log.</param>
/// <param name="labels">The labels.</param>
/// <param name="options">Validated.</param>
/// <param name="now">The time that maturity counts back from.</param>
internal sealed class EstimationRun(string model, string folder, LabelStore labels, EstimationOptions options, DateTimeOffset now)
{
    private readonly List<JoinedRow> _rows = [];

    /// <summary>Reads, joins, learns and estimates.</summary>
    /// <param name="scratch">Folder for what does not fit into memory.</param>
    /// <param name="cancellationToken">Ends the reading.</param>
    /// <exception cref="InvalidOperationException">The version is no binary classifier, or the reference has no labels to learn from.</exception>
    public IReadOnlyList<EstimationResult> Run(string scratch, CancellationToken cancellationToken)
    {
        var evaluation = new LogEvaluation(model, folder, labels, new EvaluationOptions { Version = options.Version, Window = options.Window, Slide = options.Slide, From = Start, To = null }, now);
        var reading = new LogEvaluation(model, folder, labels, new EvaluationOptions { Version = options.Version }, now);
        reading.Join(scratch, cancellationToken, (in JoinedRow row, ReadOnlySpan<int> _, ReadOnlySpan<double> _) =>
        {
            if (row.IsScored && !double.IsNaN(row.Score) && SamplingWeights.IsValid(row.Weight))
            {
                _rows.Add(row);
            }
        });
        if (reading.Outputs.Count == 0)
        {
            return [];
        }

        var version = options.Version ?? reading.Outputs.Keys.Max();
        var output = reading.Outputs[version];
        if (output.Task != ModelTask.BinaryClassification)
        {
            throw new InvalidOperationException($"Expected a binary classifier, whose scores say how sure it is, but found a model of another kind, {output.Task} (model '{model}' version {version}).");
        }

        _rows.RemoveAll(r => r.Version != version);
        _rows.Sort((a, b) => (a.RequestTime, a.RequestId).CompareTo((b.RequestTime, b.RequestId)));
        var estimator = options.Estimator ?? Learn(output.DecisionThreshold, version);
        return [.. Windows(evaluation).Select(w => Estimate(w.Rows, w.From, w.To, version, output, estimator))];
    }

    /// <summary>Where the windows begin: behind the reference, which is not judged.</summary>
    private DateTimeOffset? Start => options.From is { } from && (options.ReferenceTo is null || from > options.ReferenceTo) ? from : options.ReferenceTo ?? options.From;

    private PerformanceEstimator Learn(double threshold, int version)
    {
        var (from, to) = (options.ReferenceFrom is { } first ? Microseconds.FromRequestTime(first) : long.MinValue, Microseconds.FromRequestTime(options.ReferenceTo!.Value));
        var reference = _rows.FindAll(r => r.RequestTime >= from && r.RequestTime < to && r.Label is 0 or 1);
        try
        {
            return PerformanceEstimator.Fit(reference.Select(r => r.Score).ToArray(), reference.Select(r => (byte)r.Label).ToArray(), options.ChunkSize, threshold);
        }
        catch (ArgumentException e)
        {
            throw new InvalidOperationException($"Expected a reference with labels to learn from, but found {reference.Count} labelled predictions up to {options.ReferenceTo:O} (model '{model}' version {version}). {e.Message}", e);
        }
    }

    private IEnumerable<(List<JoinedRow> Rows, DateTimeOffset? From, DateTimeOffset? To)> Windows(LogEvaluation evaluation)
    {
        var (start, end) = (Start is { } from ? Microseconds.FromRequestTime(from) : long.MinValue, options.To is { } to ? Microseconds.FromRequestTime(to) : long.MaxValue);
        var windows = new SortedDictionary<long, List<JoinedRow>>();
        foreach (var row in _rows.Where(r => r.RequestTime >= start && r.RequestTime < end))
        {
            evaluation.VisitWindows(row.RequestTime, window =>
            {
                if (!windows.TryGetValue(window, out var own))
                {
                    windows.Add(window, own = []);
                }

                own.Add(row);
            });
        }

        return windows.Select(w => options.Window is null ? (w.Value, Start, options.To) : (w.Value, evaluation.StartOf(w.Key), evaluation.EndOf(w.Key)));
    }

    private EstimationResult Estimate(List<JoinedRow> rows, DateTimeOffset? from, DateTimeOffset? to, int version, ModelOutput output, PerformanceEstimator estimator)
    {
        var weights = rows.Exists(r => r.Weight != 1) ? rows.Select(r => r.Weight).ToArray() : [];
        var maturedBefore = options.Maturity > TimeSpan.Zero ? Microseconds.FromRequestTime(now - options.Maturity) : long.MaxValue;
        var matured = new QualityGroup(output, rows.Count);
        foreach (var row in rows.Where(r => r.RequestTime < maturedBefore))
        {
            matured.Add(row);
        }

        var realized = QualityCalculator.Compute(matured, output, model, version, new EvaluationOptions()) with { From = from, To = to, ImmatureCount = rows.Count - matured.PredictionCount };
        var result = new EstimationResult
        {
            Model = model,
            Version = version,
            From = from,
            To = to,
            RowCount = rows.Count,
            Estimates = estimator.Estimate(rows.Select(r => r.Score).ToArray(), weights),
            Realized = realized with { Problem = QualityProblems.Find(realized) },
            IsChecked = realized.ImmatureCount == 0 && realized.BinaryClassification is not null,
            Findings = [],
        };
        return result with { Findings = [.. EstimationFindings.Find(result, estimator, options)] };
    }
}
