using Apache.Arrow;
using Mlp.Monitoring.Drift;
using Mlp.Monitoring.Estimation;
using Mlp.Monitoring.Figures;
using Mlp.Monitoring.Performance;
using Mlp.Monitoring.PredictionLog;
using Mlp.Monitoring.Segments;
using Mlp.Runtime.Data;
using Mlp.Runtime.Models;
using Mlp.Runtime.Statistics;

namespace Mlp.Monitoring.Reports;

/// <summary>Gathers a report from the log, the labels and the reference of a version. Thread-safe.</summary>
internal sealed class ReportBuilder(
    PredictionLogWriter writer, PredictionLogReader reader, LivePerformance performance, DriftDetector drift, IEnumerable<IFigureSource> sources, TimeProvider timeProvider)
{
    /// <summary>Windows that are aimed at where none is asked for.</summary>
    private const int WindowCount = 24;

    private static readonly TimeSpan[] RoundWindows =
    [
        .. new[] { 1, 5, 15, 30 }.Select(n => TimeSpan.FromMinutes(n)),
        .. new[] { 1, 2, 3, 6, 12 }.Select(n => TimeSpan.FromHours(n)),
        .. new[] { 1, 2, 7, 14, 30, 90, 365 }.Select(n => TimeSpan.FromDays(n)),
    ];

    private readonly IFigureSource[] _sources = [.. sources];

    /// <summary>Makes a report.</summary>
    /// <param name="model">Model name.</param>
    /// <param name="options">Says what about.</param>
    /// <param name="cancellationToken">Ends the reading.</param>
    public async Task<MonitoringReport> BuildAsync(string model, ReportOptions options, CancellationToken cancellationToken)
    {
        var version = options.Version ?? drift.FindHighestVersion(model);
        var notes = new List<string>();
        var (count, first, last) = await FindRangeAsync(model, version, options, cancellationToken).ConfigureAwait(false);
        var comparison = await CompareAsync(model, version, options, notes, cancellationToken).ConfigureAwait(false);
        var results = await performance.EvaluateAsync(model, Evaluation(options, version, window: null, withSlices: true), cancellationToken).ConfigureAwait(false);
        var whole = results.FirstOrDefault(r => r is { Slice: null, Variant: null });
        var length = options.Window ?? (first is { } start && last is { } end ? Fit(end - start) : null);
        var windows = length is null ? [] : await performance.EvaluateAsync(model, Evaluation(options, version, length, withSlices: false), cancellationToken).ConfigureAwait(false);
        var estimates = whole?.Task == ModelTask.BinaryClassification && length is { } window
            ? await EstimateAsync(model, version, options, window, cancellationToken).ConfigureAwait(false)
            : [];
        if (whole?.Problem is { } problem)
        {
            notes.Add(problem);
        }

        return new MonitoringReport
        {
            Model = model,
            Version = version,
            Task = whole?.Task,
            CreatedAt = timeProvider.GetUtcNow(),
            FirstRequestAt = first,
            LastRequestAt = last,
            PredictionCount = count,
            LabelledCount = whole?.LabelledCount ?? 0,
            LabelMaturity = whole?.LabelMaturity ?? double.NaN,
            Findings = [.. FindingsOf(model, version, options, comparison, estimates)],
            Notes = notes,
            Quality = whole is null ? [] : FiguresOf(whole),
            Windows = [.. windows.Where(w => w is { From: not null, To: not null }).OrderBy(w => w.From).Select(w => WindowOf(w, estimates.FirstOrDefault(e => e.From == w.From)))],
            Calibration = whole?.BinaryClassification?.Calibration ?? [],
            Confusion = ConfusionOf(whole),
            Slices = [.. results.Where(r => r.Slice is not null || r.Variant is not null).Select(r => new ReportSlice(r.Slice, r.Variant, r.PredictionCount, r.LabelledCount, FiguresOf(r)))],
            Drift = comparison,
            Log = writer.Statistics.FirstOrDefault(s => s.Model == model && s.Version == version),
        };
    }

    /// <summary>The shortest round window of which up to 24 make the range.</summary>
    internal static TimeSpan Fit(TimeSpan range) => RoundWindows.FirstOrDefault(w => w * WindowCount >= range, RoundWindows[^1]);

    private static EvaluationOptions Evaluation(ReportOptions options, int version, TimeSpan? window, bool withSlices)
    {
        var evaluation = new EvaluationOptions { Version = version, From = options.From, To = options.To, Window = window, Maturity = options.Maturity, ByVariant = withSlices };
        foreach (var slice in withSlices ? options.Slices : [])
        {
            evaluation.Slices.Add(slice);
        }

        return evaluation;
    }

    private async Task<(long Count, DateTimeOffset? First, DateTimeOffset? Last)> FindRangeAsync(string model, int version, ReportOptions options, CancellationToken cancellationToken)
    {
        var (count, least, greatest) = (0L, long.MaxValue, long.MinValue);
        var from = options.From is { } f ? Microseconds.FromRequestTime(f) : long.MinValue;
        var to = options.To is { } t ? Microseconds.FromRequestTime(t) : long.MaxValue;
        await foreach (var batch in reader.ReadAsync(model, from, to, version, cancellationToken).ConfigureAwait(false))
        {
            count += batch.Length;
            if (batch.Find<TimestampArray>(PredictionColumns.RequestTime) is { } times)
            {
                foreach (var time in times.Values)
                {
                    (least, greatest) = (Math.Min(least, time), Math.Max(greatest, time));
                }
            }
        }

        return least > greatest ? (count, null, null) : (count, Microseconds.ToDateTimeOffset(least), Microseconds.ToDateTimeOffset(greatest));
    }

    private async Task<DriftReport?> CompareAsync(string model, int version, ReportOptions options, List<string> notes, CancellationToken cancellationToken)
    {
        try
        {
            return await drift.DetectAsync(model, version, options.From, options.To, options.Reference, cancellationToken).ConfigureAwait(false);
        }
        catch (InvalidOperationException e)
        {
            // The version has no reference profile: the rest of the report does without.
            notes.Add(e.Message);
            return null;
        }
    }

    private async Task<IReadOnlyList<EstimationResult>> EstimateAsync(string model, int version, ReportOptions options, TimeSpan window, CancellationToken cancellationToken)
    {
        var estimator = options.Estimator ?? await performance.FindEstimatorAsync(model, version, cancellationToken).ConfigureAwait(false);
        return estimator is null
            ? []
            : await performance.EstimateAsync(
                model,
                new EstimationOptions { Version = version, Estimator = estimator, From = options.From, To = options.To, Window = window, Maturity = options.Maturity },
                cancellationToken).ConfigureAwait(false);
    }

    private static ReportWindow WindowOf(PerformanceResult window, EstimationResult? estimate) => new(
        window.From!.Value,
        window.To!.Value,
        window.PredictionCount,
        window.LabelledCount,
        FiguresOf(window),
        estimate is null ? [] : [.. estimate.Estimates.Select(e => new ReportFigure(EstimationFindings.NameOf(e.Metric), e.Value, FiniteOrNull(e.Lower), FiniteOrNull(e.Upper)))]);

    private static double? FiniteOrNull(double value) => double.IsFinite(value) ? value : null;

    private IEnumerable<Finding> FindingsOf(string model, int version, ReportOptions options, DriftReport? comparison, IReadOnlyList<EstimationResult> estimates)
    {
        // What the live windows found belongs into a report that reaches to now; what they found in the inputs is found here over the range of the report.
        var live = options.To is null
            ? _sources.SelectMany(s => s.Findings).Where(f => f.Subject.Model == model && (f.Subject.Version ?? version) == version && f.Kind is FindingKind.Performance or FindingKind.EstimateNoLongerHolds or FindingKind.VariantDifference)
            : [];
        var found = estimates.SelectMany(e => e.Findings).ToList();
        return [.. found, .. live.Where(l => !found.Exists(f => f.Kind == l.Kind && f.Test == l.Test)), .. comparison?.Findings ?? []];
    }

    private static List<ReportFigure> FiguresOf(PerformanceResult result)
        => [.. FigureValues.Values(result).Select(f => result.Intervals.TryGetValue(f.Name, out var interval) && double.IsFinite(interval.Lower) && double.IsFinite(interval.Upper)
            ? new ReportFigure(f.Name, f.Value, interval.Lower, interval.Upper)
            : new ReportFigure(f.Name, f.Value, null, null))];

    private static ReportConfusion? ConfusionOf(PerformanceResult? result)
    {
        if (result?.BinaryClassification is { } binary)
        {
            var counts = binary.Confusion;
            return new ReportConfusion(["negative", "positive"], [counts.TrueNegatives, counts.FalsePositives, counts.FalseNegatives, counts.TruePositives], binary.Threshold);
        }

        return result?.Multiclass is { } classes
            ? new ReportConfusion([.. Enumerable.Range(0, (int)Math.Sqrt(classes.Confusion.Count)).Select(c => FormattableString.Invariant($"class {c}"))], classes.Confusion, null)
            : null;
    }
}
