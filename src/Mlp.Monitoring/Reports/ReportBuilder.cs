using Mlp.Monitoring.Drift;
using Mlp.Monitoring.Estimation;
using Mlp.Monitoring.Figures;
using Mlp.Monitoring.Performance;
using Mlp.Monitoring.PredictionLog;
using Mlp.Runtime.Models;

namespace Mlp.Monitoring.Reports;

/// <summary>Gathers a report from the log, the labels and the reference of a version. Thread-safe.</summary>
internal sealed class ReportBuilder(
    PredictionLogWriter writer, LivePerformance performance, DriftDetector drift, IEnumerable<IFigureSource> sources, TimeProvider timeProvider)
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
        var estimators = await performance.FindEstimatorsAsync(model, version, cancellationToken).ConfigureAwait(false);
        estimators = options.Estimator is { } own ? estimators with { Binary = own } : estimators;
        var comparing = await WithNoteAsync(() => drift.BeginAsync(model, version, options.From, options.To, options.Reference, cancellationToken), notes).ConfigureAwait(false);
        var reading = new ReportReading(model, version, options, estimators, comparing, timeProvider.GetUtcNow());
        new EvaluationOptions { Window = options.Window, Maturity = options.Maturity, From = options.From, To = options.To }.Validate();
        await performance.ReadAsync(model, (log, labels, scratch) => reading.Run(log, labels, scratch, cancellationToken), cancellationToken).ConfigureAwait(false);
        var comparison = comparing is null ? null : await WithNoteAsync(() => drift.CompleteAsync(comparing, cancellationToken), notes).ConfigureAwait(false);
        var (results, windows, estimates) = (reading.Results, reading.Windows, reading.Estimates);
        var whole = results.FirstOrDefault(r => r is { Slice: null, Variant: null });
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
            FirstRequestAt = reading.First,
            LastRequestAt = reading.Last,
            PredictionCount = reading.Count,
            LabelledCount = whole?.LabelledCount ?? 0,
            LabelMaturity = whole?.LabelMaturity ?? double.NaN,
            Findings = [.. FindingsOf(whole, model, version, options, comparison, estimates)],
            Notes = notes,
            Quality = whole is null ? [] : FiguresOf(whole),
            Windows = [.. windows.Where(w => w is { From: not null, To: not null }).OrderBy(w => w.From).Select(w => WindowOf(w, estimates.FirstOrDefault(e => e.From == w.From)))],
            Calibration = whole?.BinaryClassification?.Calibration ?? [],
            Confusion = ConfusionOf(whole, reading.Output),
            Slices = [.. results.Where(r => r.Slice is not null || r.Variant is not null).Select(r => new ReportSlice(r.Slice, r.Variant, r.PredictionCount, r.LabelledCount, FiguresOf(r)))],
            Drift = comparison,
            Log = writer.Statistics.FirstOrDefault(s => s.Model == model && s.Version == version),
        };
    }

    /// <summary>The shortest round window of which up to 24 make the range.</summary>
    internal static TimeSpan Fit(TimeSpan range) => RoundWindows.FirstOrDefault(w => w * WindowCount >= range, RoundWindows[^1]);

    /// <summary>A part of the report, or null where the version has none, such as a reference profile: the rest does without.</summary>
    private static async Task<T?> WithNoteAsync<T>(Func<Task<T>> read, List<string> notes)
        where T : class
    {
        try
        {
            return await read().ConfigureAwait(false);
        }
        catch (InvalidOperationException e)
        {
            notes.Add(e.Message);
            return null;
        }
    }

    private static ReportWindow WindowOf(PerformanceResult window, EstimationResult? estimate) => new(
        window.From!.Value,
        window.To!.Value,
        window.PredictionCount,
        window.LabelledCount,
        FiguresOf(window),
        estimate is null ? [] : [.. EstimatesOf(estimate)]);

    private static IEnumerable<ReportFigure> EstimatesOf(EstimationResult estimate)
    {
        foreach (var one in estimate.Estimates)
        {
            yield return new ReportFigure(EstimationFindings.NameOf(one.Metric, estimate.Realized.Task), one.Value, FiniteOrNull(one.Lower), FiniteOrNull(one.Upper));
        }

        if (estimate is { MeanAbsoluteError: { } absolute, RootMeanSquaredError: { } root })
        {
            yield return new ReportFigure(FigureNames.MeanAbsoluteError, absolute.Value, FiniteOrNull(absolute.Lower), FiniteOrNull(absolute.Upper));
            yield return new ReportFigure(FigureNames.RootMeanSquaredError, root.Value, FiniteOrNull(root.Lower), FiniteOrNull(root.Upper));
        }
    }

    private static double? FiniteOrNull(double value) => double.IsFinite(value) ? value : null;

    private IEnumerable<Finding> FindingsOf(PerformanceResult? whole, string model, int version, ReportOptions options, DriftReport? comparison, IReadOnlyList<EstimationResult> estimates)
    {
        // What the live windows found belongs into a report that reaches to now; what they found in the inputs is found here over the range of the report.
        var live = options.To is null
            ? _sources.SelectMany(s => s.Findings).Where(f => f.Subject.Model == model && (f.Subject.Version ?? version) == version && f.Kind is FindingKind.Performance or FindingKind.EstimateNoLongerHolds or FindingKind.VariantDifference)
            : [];
        var found = estimates.SelectMany(e => e.Findings).ToList();
        if (whole is { WrongLabelCount: > 0 })
        {
            found.Add(LabelFindings.Wrong(new FigureSubject(model, version), whole.Task, whole.WrongLabelCount, whole.LabelledCount, options.From, options.To ?? timeProvider.GetUtcNow()));
        }

        return [.. found, .. live.Where(l => !found.Exists(f => f.Kind == l.Kind && f.Test == l.Test)), .. comparison?.Findings ?? []];
    }

    private static List<ReportFigure> FiguresOf(PerformanceResult result)
        => [.. FigureValues.Values(result).Select(f => result.Intervals.TryGetValue(f.Name, out var interval) && double.IsFinite(interval.Lower) && double.IsFinite(interval.Upper)
            ? new ReportFigure(f.Name, f.Value, interval.Lower, interval.Upper)
            : new ReportFigure(f.Name, f.Value, null, null))];

    private static ReportConfusion? ConfusionOf(PerformanceResult? result, ModelOutput? output)
    {
        if (result?.BinaryClassification is { } binary)
        {
            var counts = binary.Confusion;
            return new ReportConfusion(
                NamesOf(output, 2) ?? ["negative", "positive"], [counts.TrueNegatives, counts.FalsePositives, counts.FalseNegatives, counts.TruePositives], binary.Threshold);
        }

        if (result?.Multiclass is not { } classes)
        {
            return null;
        }

        var count = classes.Aucs.Count;
        return new ReportConfusion(NamesOf(output, count) ?? [.. Enumerable.Range(0, count).Select(c => FormattableString.Invariant($"class {c}"))], classes.Confusion, null);
    }

    /// <summary>What the model calls its classes; null where it does not name them.</summary>
    private static string[]? NamesOf(ModelOutput? output, int count) => output?.ClassNames.Count == count ? [.. output.ClassNames] : null;
}
