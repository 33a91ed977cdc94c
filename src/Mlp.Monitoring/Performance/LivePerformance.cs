using System.Collections.Concurrent;
using Mlp.Monitoring.Labels;
using Mlp.Monitoring.PredictionLog;
using Mlp.Runtime.Data;
using Mlp.Runtime.Hosting;
using Mlp.Runtime.Models;
using Mlp.Runtime.Statistics;

namespace Mlp.Monitoring.Performance;

/// <summary>
/// Joins labels to logged predictions by id and computes the quality of each version by the kernels that evaluate holdouts. The files are the truth: the first call reads them all, each
/// later one what has come since, by this process or another. Thread-safe; one evaluation runs at a time.
/// </summary>
internal sealed class LivePerformance : IDisposable
{
    private readonly DataDirectory _directory;
    private readonly int _maximumPredictions;
    private readonly SemaphoreSlim _gate = new(1, 1);
    private readonly Dictionary<string, ScoreIndex> _scores = new(StringComparer.Ordinal);
    private readonly LabelIndex _labels;
    private readonly ConcurrentDictionary<(string Model, int Version), PerformanceResult> _latest = new();

    /// <summary>Creates the join; nothing is read.</summary>
    /// <param name="directory">Where predictions and labels lie.</param>
    /// <param name="labels">The labels.</param>
    /// <param name="maximumPredictions">Predictions per model, and labels, that are remembered; beyond, the oldest are forgotten.</param>
    public LivePerformance(DataDirectory directory, LabelStore labels, int maximumPredictions)
    {
        _directory = directory;
        _maximumPredictions = maximumPredictions;
        _labels = new LabelIndex(labels, maximumPredictions);
    }

    /// <summary>The last result over all times of each version that was evaluated.</summary>
    public IEnumerable<PerformanceResult> Latest => _latest.Values;

    /// <summary>Evaluates a model.</summary>
    /// <param name="model">Model name.</param>
    /// <param name="version">One version only, or null for all that have logged predictions.</param>
    /// <param name="from">First logged time, or null for the beginning.</param>
    /// <param name="to">Logged time to stop before, or null for the end.</param>
    /// <param name="cancellationToken">Ends the reading.</param>
    /// <returns>One result per version, ascending; empty where nothing was logged.</returns>
    public async Task<IReadOnlyList<PerformanceResult>> EvaluateAsync(
        string model, int? version, DateTimeOffset? from, DateTimeOffset? to, CancellationToken cancellationToken)
    {
        var folder = PredictionLogReader.DirectoryOf(_directory.Predictions, model);
        await _gate.WaitAsync(cancellationToken).ConfigureAwait(false);
        try
        {
            return await Task.Run(() => Evaluate(model, folder, version, from, to, cancellationToken), cancellationToken).ConfigureAwait(false);
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

    private List<PerformanceResult> Evaluate(string model, string folder, int? version, DateTimeOffset? from, DateTimeOffset? to, CancellationToken cancellationToken)
    {
        if (!_scores.TryGetValue(model, out var scores))
        {
            scores = new ScoreIndex(folder, _maximumPredictions);
            _scores.Add(model, scores);
        }

        scores.Refresh(cancellationToken);
        _labels.Refresh(cancellationToken);
        var results = new List<PerformanceResult>();
        foreach (var (number, output) in scores.Versions)
        {
            if (version is null || version == number)
            {
                var result = Join(scores, number, output, from, to) with { Model = model, From = from, To = to };
                results.Add(result);
                if (from is null && to is null)
                {
                    _latest[(model, number)] = result;
                }
            }
        }

        return results;
    }

    private PerformanceResult Join(ScoreIndex index, int version, ModelOutput output, DateTimeOffset? from, DateTimeOffset? to)
    {
        var first = from is null ? long.MinValue : Microseconds.FromRequestTime(from.Value);
        var end = to is null ? long.MaxValue : Microseconds.FromRequestTime(to.Value);
        long predictions = 0, scored = 0;
        var scores = new List<double>();
        var labels = new List<double>();
        for (var i = 0; i < index.Count; i++)
        {
            ref readonly var entry = ref index[i];
            if (entry.Version != version || entry.LoggedTime < first || entry.LoggedTime >= end)
            {
                continue;
            }

            predictions++;
            scored += entry.IsScored ? 1 : 0;
            if (entry.IsScored && _labels.TryGet(entry.Id, out var label))
            {
                scores.Add(entry.Score);
                labels.Add(label);
            }
        }

        var result = new PerformanceResult
        {
            Model = string.Empty,
            Version = version,
            Task = output.Task,
            PredictionCount = predictions,
            ScoredCount = scored,
            LabelledCount = labels.Count,
            UnusableCount = 0,
        };
        return output.Task switch
        {
            ModelTask.BinaryClassification => WithBinary(result, scores, labels, output.DecisionThreshold),
            ModelTask.Regression => WithRegression(result, scores, labels),
            _ => result,
        };
    }

    private static PerformanceResult WithBinary(PerformanceResult result, List<double> scores, List<double> labels, double threshold)
    {
        var usable = Enumerable.Range(0, labels.Count).Where(i => !double.IsNaN(scores[i]) && labels[i] is 0 or 1).ToArray();
        return result with
        {
            UnusableCount = labels.Count - usable.Length,
            BinaryClassification = usable.Length == 0
                ? null
                : BinaryClassificationMetrics.Compute(Array.ConvertAll(usable, i => scores[i]), Array.ConvertAll(usable, i => (byte)labels[i]), threshold),
        };
    }

    private static PerformanceResult WithRegression(PerformanceResult result, List<double> scores, List<double> labels)
    {
        var usable = Enumerable.Range(0, labels.Count).Where(i => double.IsFinite(scores[i])).ToArray();
        return result with
        {
            UnusableCount = labels.Count - usable.Length,
            Regression = usable.Length == 0
                ? null
                : RegressionMetrics.Compute(Array.ConvertAll(usable, i => scores[i]), Array.ConvertAll(usable, i => labels[i])),
        };
    }
}
