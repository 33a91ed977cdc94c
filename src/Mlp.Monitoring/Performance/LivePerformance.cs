using System.Collections.Concurrent;
using Mlp.Monitoring.Comparison;
using Mlp.Monitoring.Estimation;
using Mlp.Monitoring.Labels;
using Mlp.Monitoring.Labels.Joins;
using Mlp.Monitoring.PredictionLog;
using Mlp.Runtime.Data;
using Mlp.Runtime.Hosting;
using Mlp.Runtime.Models;

namespace Mlp.Monitoring.Performance;

/// <summary>
/// Joins labels to logged predictions by the id of the answer that was served for their request, and computes the quality of each version by the kernels that evaluate holdouts. The files are the truth: the first call reads them all, each
/// later one what has come since, by this process or another; what does not fit into memory is joined on the disk. Thread-safe; one evaluation runs at a time.
/// </summary>
internal sealed class LivePerformance : IDisposable
{
    private readonly DataDirectory _directory;
    private readonly int _maximumPredictions;
    private readonly TimeProvider _timeProvider;
    private readonly SemaphoreSlim _gate = new(1, 1);
    private readonly Dictionary<string, ScoreIndex> _scores = new(StringComparer.Ordinal);
    private readonly LabelStore _store;
    private readonly LabelIndex _labels;
    private readonly ConcurrentDictionary<(string Model, int Version), PerformanceResult> _latest = new();

    /// <summary>Creates the join; nothing is read.</summary>
    /// <param name="directory">Where predictions and labels lie.</param>
    /// <param name="labels">The labels.</param>
    /// <param name="maximumPredictions">Predictions per model, and labels, that are remembered; an evaluation of more reads the files.</param>
    /// <param name="timeProvider">The clock that maturity counts back from.</param>
    public LivePerformance(DataDirectory directory, LabelStore labels, int maximumPredictions, TimeProvider? timeProvider = null)
    {
        _directory = directory;
        _maximumPredictions = maximumPredictions;
        _timeProvider = timeProvider ?? TimeProvider.System;
        _store = labels;
        _labels = new LabelIndex(labels, maximumPredictions);
    }

    /// <summary>The last result over all times of each version that was evaluated; of more predictions than are remembered those that were read last.</summary>
    public IEnumerable<PerformanceResult> Latest => _latest.Values;

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
            folder =>
            {
                var scores = Refresh(model, folder, cancellationToken);
                var options = new EvaluationOptions { Version = version, From = from, To = to, Bootstrap = false };
                return scores.HasForgotten || _labels.HasForgotten || scores.Versions.Any(v => v.Value.Task is ModelTask.MulticlassClassification or ModelTask.Ranking)
                    ? new LogEvaluation(model, folder, _store, options, _timeProvider.GetUtcNow()).Run(Scratch, cancellationToken)
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
        return RunAsync(model, folder => new LogEvaluation(model, folder, _store, options, _timeProvider.GetUtcNow()).Run(Scratch, cancellationToken), cancellationToken);
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
        return await RunAsync(model, folder => new EstimationRun(model, folder, _store, options, _timeProvider.GetUtcNow()).Run(Scratch, cancellationToken), cancellationToken).ConfigureAwait(false);
    }

    /// <summary>Compares two versions of a model.</summary>
    /// <param name="model">Model name.</param>
    /// <param name="options">Says which and how.</param>
    /// <param name="cancellationToken">Ends the reading.</param>
    public async Task<VariantComparison> CompareAsync(string model, VariantComparisonOptions options, CancellationToken cancellationToken)
    {
        options.Validate();
        var results = await RunAsync<VariantComparison>(
            model, folder => [new VariantComparisonRun(model, folder, _store, options, _timeProvider.GetUtcNow()).Run(Scratch, cancellationToken)], cancellationToken).ConfigureAwait(false);
        return results[0];
    }

    /// <summary>Evaluates all times of a model for the metrics, from what is remembered.</summary>
    /// <param name="model">Model name.</param>
    /// <param name="cancellationToken">Ends the reading.</param>
    public Task EvaluateLatestAsync(string model, CancellationToken cancellationToken)
        => RunAsync<PerformanceResult>(model, folder => Remembered(Refresh(model, folder, cancellationToken), new EvaluationOptions(), model), cancellationToken);

    /// <summary>Looks for labels that no evaluation can use.</summary>
    /// <param name="cancellationToken">Ends the reading.</param>
    public async Task<LabelReport> CheckLabelsAsync(CancellationToken cancellationToken)
    {
        await _gate.WaitAsync(cancellationToken).ConfigureAwait(false);
        try
        {
            return await Task.Run(() => new LabelCheck(_directory.Predictions, _store).Run(Scratch, _timeProvider.GetUtcNow(), cancellationToken), cancellationToken).ConfigureAwait(false);
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

    private async Task<IReadOnlyList<T>> RunAsync<T>(string model, Func<string, IReadOnlyList<T>> evaluate, CancellationToken cancellationToken)
    {
        var folder = PredictionLogReader.DirectoryOf(_directory.Predictions, model);
        await _gate.WaitAsync(cancellationToken).ConfigureAwait(false);
        try
        {
            return await Task.Run(() => evaluate(folder), cancellationToken).ConfigureAwait(false);
        }
        finally
        {
            _gate.Release();
        }
    }

    private ScoreIndex Refresh(string model, string folder, CancellationToken cancellationToken)
    {
        if (!_scores.TryGetValue(model, out var scores))
        {
            scores = new ScoreIndex(model, folder, PredictionLogReader.DuckDbOf(PredictionLogReader.WorkFolderOf(_directory)), _maximumPredictions);
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
                result = result with { Problem = QualityProblems.Find(result) };
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
