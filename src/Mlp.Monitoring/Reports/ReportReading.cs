using Apache.Arrow;
using Mlp.Monitoring.Drift;
using Mlp.Monitoring.Estimation;
using Mlp.Monitoring.Labels;
using Mlp.Monitoring.Labels.Joins;
using Mlp.Monitoring.Performance;
using Mlp.Monitoring.PredictionLog;
using Mlp.Monitoring.Queries;
using Mlp.Monitoring.Segments;
using Mlp.Runtime.Data;
using Mlp.Runtime.Models;

namespace Mlp.Monitoring.Reports;

/// <summary>
/// Reads the log of a report's range once: for its first and last time, for the drift of the inputs, for the quality of all, of the slices and of the windows, and for the estimates. Used once.
/// </summary>
/// <param name="model">Model name.</param>
/// <param name="version">Model version.</param>
/// <param name="options">What the report is about.</param>
/// <param name="estimators">By what quality is estimated without labels.</param>
/// <param name="drift">Takes the predictions that are compared with the reference; null without one.</param>
/// <param name="now">The time that maturity counts back from.</param>
internal sealed class ReportReading(string model, int version, ReportOptions options, QualityEstimators estimators, DriftReading? drift, DateTimeOffset now)
{
    private readonly PredictionFilter _filter = PredictionFilter.Of(version, options.From, options.To);
    private long _first = long.MaxValue;
    private long _last = long.MinValue;

    /// <summary>Predictions of the range.</summary>
    public long Count { get; private set; }

    /// <summary>First request time; null without predictions.</summary>
    public DateTimeOffset? First => _first > _last ? null : Microseconds.ToDateTimeOffset(_first);

    /// <summary>Last request time; null without predictions.</summary>
    public DateTimeOffset? Last => _first > _last ? null : Microseconds.ToDateTimeOffset(_last);

    /// <summary>What the model's output means; null where nothing was logged.</summary>
    public ModelOutput? Output { get; private set; }

    /// <summary>The quality of all, of the slices and of the variants.</summary>
    public IReadOnlyList<PerformanceResult> Results { get; private set; } = [];

    /// <summary>The quality of the windows.</summary>
    public IReadOnlyList<PerformanceResult> Windows { get; private set; } = [];

    /// <summary>The quality of the windows as it is estimated without labels.</summary>
    public IReadOnlyList<EstimationResult> Estimates { get; private set; } = [];

    /// <summary>Reads, joins and computes.</summary>
    /// <param name="log">The model's log.</param>
    /// <param name="labels">The labels.</param>
    /// <param name="scratch">Folder for what does not fit into memory.</param>
    /// <param name="cancellationToken">Ends the reading.</param>
    public void Run(LogScan log, LabelStore labels, string scratch, CancellationToken cancellationToken)
    {
        var whole = new LogEvaluation(model, log, labels, Evaluation(window: null), now, withFeatures: estimators.Losses is not null) { Observer = Observe };
        LogEvaluation? windows = null;
        Estimating? estimating = null;
        whole.Join(
            scratch,
            (in JoinedRow row, ReadOnlySpan<int> slices, ReadOnlySpan<double> values) =>
            {
                // Everything was read by now, so the range is known.
                windows ??= First is null || Last is null ? null : whole.Regroup(Evaluation(options.Window ?? ReportBuilder.Fit(Last.Value - First.Value)));
                whole.AddToGroups(row, slices, values);
                if (windows is not null && row.RequestTime != ScoreIndex.Entry.UnknownTime)
                {
                    windows.AddToGroups(row, [], values);
                    estimating ??= Begin(log, labels, whole, windows, scratch, cancellationToken);
                    estimating.Add(row, values);
                }
            },
            cancellationToken);
        Output = whole.Outputs.GetValueOrDefault(version);
        Results = [.. whole.Results()];
        Windows = windows is null ? [] : [.. windows.Results()];
        Estimates = estimating is null || Output is null ? [] : estimating.Complete(version, Output);
    }

    private Estimating Begin(LogScan log, LabelStore labels, LogEvaluation whole, LogEvaluation windows, string scratch, CancellationToken cancellationToken)
    {
        var run = new EstimationRun(
            model, log, labels, new EstimationOptions { From = options.From, To = options.To, Window = windows.Length, Maturity = options.Maturity }, estimators, now);
        var output = whole.Outputs[version];
        var isKnown = output.Task switch
        {
            ModelTask.BinaryClassification => estimators.Binary is not null,
            ModelTask.MulticlassClassification => estimators.Classes is not null,
            ModelTask.Regression => estimators.Losses is not null,
            _ => false,
        };
        var estimation = isKnown ? run.Prepare(version, output, scratch, cancellationToken) : null;
        return new Estimating(run, windows, estimation?.ReadCount == whole.ValueCount ? estimation : null);
    }

    private EvaluationOptions Evaluation(TimeSpan? window)
    {
        var evaluation = new EvaluationOptions { Version = version, From = options.From, To = options.To, Window = window, Maturity = options.Maturity, ByVariant = window is null };
        foreach (var slice in window is null ? options.Slices : [])
        {
            evaluation.Slices.Add(slice);
        }

        return evaluation;
    }

    private void Observe(RecordBatch batch)
    {
        foreach (var part in _filter.Cut(batch))
        {
            Count += part.Length;
            foreach (var time in part.Find<TimestampArray>(PredictionColumns.RequestTime) is { } times ? times.Values : [])
            {
                (_first, _last) = (Math.Min(_first, time), Math.Max(_last, time));
            }

            drift?.Add(part);
        }
    }

    /// <summary>Keeps of each row what the estimate needs.</summary>
    private sealed class Estimating(EstimationRun run, LogEvaluation windows, WindowEstimation? estimation)
    {
        private readonly EstimatedRows _rows = new(estimation?.ValueCount ?? 0);
        private readonly double[] _kept = new double[estimation?.ValueCount ?? 0];

        public void Add(in JoinedRow row, ReadOnlySpan<double> values)
        {
            if (estimation is not null && EstimatedRows.CanHold(row) && estimation.TryKeep(row, values, _kept))
            {
                _rows.Add(row, _kept);
            }
        }

        public IReadOnlyList<EstimationResult> Complete(int version, ModelOutput output)
        {
            _rows.Sort();
            return estimation is null ? [] : run.Estimate(_rows, windows, version, output, estimation);
        }
    }
}
