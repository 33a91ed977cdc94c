using System.Collections.Concurrent;
using Mlp.Monitoring.Comparison;
using Mlp.Monitoring.Estimation;
using Mlp.Monitoring.Figures;
using Mlp.Monitoring.Labels;
using Mlp.Monitoring.Labels.Joins;
using Mlp.Monitoring.PredictionLog;
using Mlp.Runtime.Data;
using Mlp.Runtime.Hosting;
using Mlp.Runtime.Models;
using Mlp.Runtime.Registry;
using Mlp.Runtime.Statistics.Estimation;

namespace Mlp.Monitoring.Performance;

/// <summary>
/// Joins labels to logged predictions by the id of the answer that was served for their request, and computes the quality of each version by the kernels that evaluate holdouts. The files are the truth: the first call reads them all, each
/// later one what has come since, by this process or another; what does not fit into memory is joined on the disk. Thread-safe; one evaluation runs at a time.
/// </summary>
internal sealed class LivePerformance : IFigureSource, IDisposable
{
    private readonly DataDirectory _directory;
    private readonly int _maximumPredictions;
    private readonly TimeProvider _timeProvider;
    private readonly SemaphoreSlim _gate = new(1, 1);
    private readonly Dictionary<string, ScoreIndex> _scores = new(StringComparer.Ordinal);
    private readonly LabelStore _store;
    private readonly LabelIndex _labels;
    private readonly LiveQualityConfiguration _configuration;
    private readonly PublishedEstimators _estimators;
    private readonly LogCoverages _coverages = new();
    private volatile IReadOnlyList<Finding> _labelFindings = [];
    private readonly ConcurrentDictionary<(string Model, int Version), PerformanceResult> _latest = new();
    private readonly ConcurrentDictionary<(string Model, int Number), (IReadOnlyList<Figure> Figures, IReadOnlyList<Finding> Findings)> _live = new();

    /// <summary>Creates the join; nothing is read.</summary>
    /// <param name="directory">Where predictions and labels lie.</param>
    /// <param name="labels">The labels.</param>
    /// <param name="maximumPredictions">Predictions per model, and labels, that are remembered; an evaluation of more reads the files.</param>
    /// <param name="timeProvider">The clock that maturity counts back from.</param>
    /// <param name="configuration">Settings of the live figures.</param>
    /// <param name="registry">Where estimators were published; null where the application has none.</param>
    /// <param name="settings">How DuckDB is limited where it reads what was compacted; null for the defaults.</param>
    public LivePerformance(
        DataDirectory directory,
        LabelStore labels,
        int maximumPredictions,
        TimeProvider? timeProvider = null,
        LiveQualityConfiguration? configuration = null,
        IModelRegistry? registry = null,
        DuckDbSettings? settings = null)
    {
        QuerySettings = settings ?? PredictionLogReader.DuckDbOf(PredictionLogReader.WorkFolderOf(directory));
        _configuration = configuration ?? LiveQualityConfiguration.Default;
        _estimators = new PublishedEstimators(registry);
        _directory = directory;
        _maximumPredictions = maximumPredictions;
        _timeProvider = timeProvider ?? TimeProvider.System;
        _store = labels;
        _labels = new LabelIndex(labels, maximumPredictions);
    }

    /// <summary>The last result over all times of each version that was evaluated; of more predictions than are remembered those that were read last.</summary>
    public IEnumerable<PerformanceResult> Latest => _latest.Values;

    /// <inheritdoc/>
    IEnumerable<Figure> IFigureSource.Latest => _live.Values.SelectMany(l => l.Figures);

    /// <inheritdoc/>
    IEnumerable<Finding> IFigureSource.Findings =>
    [
        .. _live.Values.SelectMany(l => l.Findings),
        .. _labelFindings.Where(f => f.Test != LabelFindings.WrongTest || !_live.Any(l => l.Key == (f.Subject.Model, f.Subject.Version) && l.Value.Findings.Any(o => o.Test == f.Test))),
    ];

    /// <summary>Why quality is not estimated for versions that are evaluated, and which labels are left out, a sentence each.</summary>
    public IEnumerable<string> Problems => LabelProblem is { } problem ? _estimators.Problems.Append(problem) : _estimators.Problems;

    /// <summary>Which labels are left out of live quality, because their file is damaged; null for none.</summary>
    public string? LabelProblem => _labels.Problem;

    /// <summary>Files of logs that evaluations have read, and not passed over.</summary>
    internal long ReadFileCount => _coverages.ReadCount;

    /// <summary>How DuckDB is limited where it reads what was compacted.</summary>
    internal DuckDbSettings QuerySettings { get; }

    /// <summary>Folder for what does not fit into memory.</summary>
    private string Scratch => Path.Combine(_directory.Root, "scratch");

    /// <summary>Evaluates a model.</summary>
    /// <param name="model">Model name.</param>
    /// <param name="version">One version only, or null for all that have logged predictions.</param>
    /// <param name="from">First request time, or null for the beginning.</param>
    /// <param name="to">Request time to stop before, or null for the end.</param>
    /// <param name="cancellationToken">Ends the reading.</param>
    /// <returns>One result per version, ascending; empty where nothing was logged.</returns>
    public Task<IReadOnlyList<PerformanceResult>> EvaluateAsync(
        string model, int? version, DateTimeOffset? from, DateTimeOffset? to, CancellationToken cancellationToken)
        => RunAsync<PerformanceResult>(
            model,
            log =>
            {
                var scores = Refresh(model, log, cancellationToken);
                var options = new EvaluationOptions { Version = version, From = from, To = to, Bootstrap = false };
                return scores.HasForgotten || _labels.HasForgotten || scores.Versions.Any(v => v.Value.Task is ModelTask.MulticlassClassification or ModelTask.Ranking)
                    ? new LogEvaluation(model, log, _store, options, _timeProvider.GetUtcNow()).Run(Scratch, cancellationToken)
                    : Remembered(scores, options, model);
            },
            cancellationToken);

    /// <summary>Evaluates a model by version, window, variant and slice.</summary>
    /// <param name="model">Model name.</param>
    /// <param name="options">Says what and how.</param>
    /// <param name="cancellationToken">Ends the reading.</param>
    /// <returns>Results by version, window, slice and variant; a window without a prediction has none.</returns>
    /// <exception cref="ArgumentException">An option lies outside its range.</exception>
    public Task<IReadOnlyList<PerformanceResult>> EvaluateAsync(string model, EvaluationOptions options, CancellationToken cancellationToken)
    {
        options.Validate();
        return RunAsync(model, log => new LogEvaluation(model, log, _store, options, _timeProvider.GetUtcNow()).Run(Scratch, cancellationToken), cancellationToken);
    }

    /// <summary>Estimates a model's quality without labels.</summary>
    /// <param name="model">Model name.</param>
    /// <param name="options">Says what and how.</param>
    /// <param name="cancellationToken">Ends the reading.</param>
    /// <returns>One result per window, ascending; empty where nothing was logged.</returns>
    public async Task<IReadOnlyList<EstimationResult>> EstimateAsync(string model, EstimationOptions options, CancellationToken cancellationToken)
    {
        options.Validate();
        new EvaluationOptions { Window = options.Window, Slide = options.Slide, Maturity = options.Maturity }.Validate();
        var published = options.HasSource ? QualityEstimators.None : await FindPublishedAsync(model, options.Version, cancellationToken).ConfigureAwait(false);
        return await RunAsync(
            model, log => new EstimationRun(model, log, _store, options, published, _timeProvider.GetUtcNow()).Run(Scratch, cancellationToken), cancellationToken).ConfigureAwait(false);
    }

    /// <summary>What quality without labels is estimated by, as it was published with a version.</summary>
    /// <param name="model">Model name.</param>
    /// <param name="version">Version.</param>
    /// <param name="cancellationToken">Ends the reading.</param>
    public ValueTask<QualityEstimators> FindEstimatorsAsync(string model, int version, CancellationToken cancellationToken) => _estimators.FindAsync(model, version, cancellationToken);

    /// <summary>Reads a model's log and labels in a way of its own, when no evaluation runs.</summary>
    /// <param name="model">Model name.</param>
    /// <param name="read">Reads log and labels, with a folder for what does not fit into memory.</param>
    /// <param name="cancellationToken">Ends the waiting.</param>
    public Task ReadAsync(string model, Action<LogScan, LabelStore, string> read, CancellationToken cancellationToken)
        => RunAsync<int>(
            model,
            log =>
            {
                read(log, _store, Scratch);
                return [];
            },
            cancellationToken);

    /// <summary>Compares two versions of a model.</summary>
    /// <param name="model">Model name.</param>
    /// <param name="options">Says which and how.</param>
    /// <param name="cancellationToken">Ends the reading.</param>
    public async Task<VariantComparison> CompareAsync(string model, VariantComparisonOptions options, CancellationToken cancellationToken)
    {
        options.Validate();
        var results = await RunAsync<VariantComparison>(
            model, log => [new VariantComparisonRun(model, log, _store, options, _timeProvider.GetUtcNow()).Run(Scratch, cancellationToken)], cancellationToken).ConfigureAwait(false);
        return results[0];
    }

    /// <summary>Evaluates a model for the metrics and figures, from what is remembered, and makes the exact evaluations that are watched.</summary>
    /// <param name="model">Model name.</param>
    /// <param name="cancellationToken">Ends the reading.</param>
    public async Task EvaluateLatestAsync(string model, CancellationToken cancellationToken)
    {
        var results = await RunAsync<PerformanceResult>(model, log => Remembered(Refresh(model, log, cancellationToken), new EvaluationOptions(), model), cancellationToken).ConfigureAwait(false);
        foreach (var version in results.Select(r => r.Version))
        {
            var estimator = (await _estimators.FindAsync(model, version, cancellationToken).ConfigureAwait(false)).Binary;
            await RunAsync<int>(model, _ => [Live(model, version, estimator)], cancellationToken).ConfigureAwait(false);
        }

        for (var i = 0; i < _configuration.Watches.Count; i++)
        {
            if (_configuration.Watches[i].Model == model)
            {
                await WatchAsync(_configuration.Watches[i], -1 - i, cancellationToken).ConfigureAwait(false);
            }
        }
    }

    /// <summary>Looks for labels that no evaluation can use. What is found belongs to the findings until the next time.</summary>
    /// <param name="cancellationToken">Ends the reading.</param>
    public async Task<LabelReport> CheckLabelsAsync(CancellationToken cancellationToken)
    {
        await _gate.WaitAsync(cancellationToken).ConfigureAwait(false);
        try
        {
            var report = await Task.Run(() => new LabelCheck(_directory, _store, _configuration.Sampling, QuerySettings).Run(Scratch, _timeProvider.GetUtcNow(), cancellationToken), cancellationToken).ConfigureAwait(false);
            _labelFindings = report.Findings;
            return report;
        }
        finally
        {
            _gate.Release();
        }
    }

    /// <summary>Reads the labels that have come since, so that a damaged segment is noticed also where no model is in service.</summary>
    /// <param name="cancellationToken">Ends the reading.</param>
    public async Task RefreshLabelsAsync(CancellationToken cancellationToken)
    {
        await _gate.WaitAsync(cancellationToken).ConfigureAwait(false);
        try
        {
            await Task.Run(() => _labels.Refresh(cancellationToken), cancellationToken).ConfigureAwait(false);
        }
        finally
        {
            _gate.Release();
        }
    }

    public void Dispose() => _gate.Dispose();

    /// <summary>The figures of a version over the sliding window.</summary>
    private int Live(string model, int version, PerformanceEstimator? estimator)
    {
        var scores = _scores[model];
        var output = scores.Versions.First(v => v.Key == version).Value;
        var window = new LiveWindow(model, version, output, output.Task == ModelTask.BinaryClassification ? estimator : null, _configuration, _timeProvider.GetUtcNow());
        window.Read(scores, _labels);
        var figures = window.Figures().ToList();
        var findings = LiveFindings.BeyondThresholds(figures, _configuration.Thresholds, estimator).ToList();
        if (figures.Find(f => f.Name == FigureNames.Prefix + FigureNames.Auc) is { } auc && window.FindBrokenEstimate(auc) is { } estimate)
        {
            findings.Add(LiveFindings.BrokenEstimate(auc, estimate, estimator!.RowCount));
        }

        if (window.FindWrongLabels() is { } wrong)
        {
            findings.Add(wrong);
        }

        _live[(model, version)] = (figures, findings);
        return version;
    }

    private async Task<QualityEstimators> FindPublishedAsync(string model, int? version, CancellationToken cancellationToken)
    {
        if (version is null)
        {
            var logged = await RunAsync<int>(model, log => [.. log.Headers().Select(h => h.Version)], cancellationToken).ConfigureAwait(false);
            version = logged.DefaultIfEmpty(0).Max();
        }

        return await _estimators.FindAsync(model, version.Value, cancellationToken).ConfigureAwait(false);
    }

    /// <summary>The exact figures of the last window that has matured.</summary>
    private async Task WatchAsync(QualityWatch watch, int number, CancellationToken cancellationToken)
    {
        var (options, now) = (watch.Options, _timeProvider.GetUtcNow());
        var to = now - options.Maturity;
        var own = new EvaluationOptions
        {
            Version = options.Version,
            From = to - (options.Window ?? _configuration.Window),
            To = to,
            ByVariant = options.ByVariant,
            MaximumSliceCount = options.MaximumSliceCount,
            RankingCutoff = options.RankingCutoff,
            Query = options.Query,
            Bootstrap = options.Bootstrap,
        };
        foreach (var slice in options.Slices)
        {
            own.Slices.Add(slice);
        }

        // Of what the live figures say already, the exact evaluation adds only the parts.
        var figures = (await EvaluateAsync(watch.Model, own, cancellationToken).ConfigureAwait(false))
            .Where(r => r.Variant is not null || r.Slice is not null || r.Task is ModelTask.MulticlassClassification or ModelTask.Ranking)
            .SelectMany(r => FigureValues.Of(r, to))
            .ToList();
        _live[(watch.Model, number)] = (figures, [.. LiveFindings.BeyondThresholds(figures, _configuration.Thresholds, estimator: null)]);
    }

    private async Task<IReadOnlyList<T>> RunAsync<T>(string model, Func<LogScan, IReadOnlyList<T>> evaluate, CancellationToken cancellationToken)
    {
        var log = LogScan.Of(_directory, model, _coverages, QuerySettings);
        await _gate.WaitAsync(cancellationToken).ConfigureAwait(false);
        try
        {
            return await Task.Run(() => evaluate(log), cancellationToken).ConfigureAwait(false);
        }
        finally
        {
            _gate.Release();
        }
    }

    private ScoreIndex Refresh(string model, LogScan log, CancellationToken cancellationToken)
    {
        if (!_scores.TryGetValue(model, out var scores))
        {
            scores = new ScoreIndex(model, log.Folder, log.Settings, _maximumPredictions);
            _scores.Add(model, scores);
        }

        scores.Refresh(cancellationToken);
        _labels.Refresh(cancellationToken);
        return scores;
    }

    private List<PerformanceResult> Remembered(ScoreIndex scores, EvaluationOptions options, string model)
    {
        var results = new List<PerformanceResult>();
        foreach (var (number, output) in scores.Versions)
        {
            if (options.Version is null || options.Version == number)
            {
                var group = Join(scores, number, output, options.From, options.To);
                var result = QualityCalculator.Compute(group, output, model, number, options: null) with { From = options.From, To = options.To };
                result = result with { Problem = LabelProblem ?? QualityProblems.Find(result) };
                results.Add(result);
                if (options.From is null && options.To is null)
                {
                    _latest[(model, number)] = result;
                }
            }
        }

        return results;
    }

    private QualityGroup Join(ScoreIndex index, int version, ModelOutput output, DateTimeOffset? from, DateTimeOffset? to)
    {
        var first = from is null ? long.MinValue : Microseconds.FromRequestTime(from.Value);
        var end = to is null ? long.MaxValue : Microseconds.FromRequestTime(to.Value);
        var group = new QualityGroup(output);
        var labelName = AnswerReader.LabelNameOf(output);
        for (var i = 0; i < index.Count; i++)
        {
            ref readonly var entry = ref index[i];
            if (entry.Version == version && entry.IsWithin(first, end))
            {
                var truth = entry.IsScored && _labels.TryGet(entry.RequestId, entry.Entity, labelName, out var label) ? label : double.NaN;
                group.Add(new JoinedRow { Score = entry.Score, Weight = entry.Weight, IsScored = entry.IsScored, Label = truth });
            }
        }

        return group;
    }
}
