using System.Collections.Concurrent;
using Mlp.Monitoring.Labels;
using Mlp.Monitoring.PredictionLog;
using Mlp.Runtime.Data;
using Mlp.Runtime.Hosting;
using Mlp.Runtime.Models;
using Mlp.Runtime.Statistics;

namespace Mlp.Monitoring.Performance;

/// <summary>
/// Joins labels to logged predictions by the id of the answer that was served for their request, and computes the quality of each version by the kernels that evaluate holdouts. The files are the truth: the first call reads them all, each
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
    /// <param name="from">First request time, or null for the beginning.</param>
    /// <param name="to">Request time to stop before, or null for the end.</param>
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
            scores = new ScoreIndex(model, folder, PredictionLogReader.DuckDbOf(PredictionLogReader.WorkFolderOf(_directory)), _maximumPredictions);
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
        double scoredWeight = 0, labelledWeight = 0;
        var rows = new List<LabelledScore>();
        var labelName = output.LabelName ?? Label.DefaultName;
        for (var i = 0; i < index.Count; i++)
        {
            ref readonly var entry = ref index[i];
            if (entry.Version != version || !entry.IsWithin(first, end))
            {
                continue;
            }

            predictions++;
            if (!entry.IsScored)
            {
                continue;
            }

            scored++;
            scoredWeight += WeightOf(entry.Weight);
            if (_labels.TryGet(entry.RequestId, entry.Entity, labelName, out var label))
            {
                labelledWeight += WeightOf(entry.Weight);
                rows.Add(new LabelledScore(entry.Score, label, entry.Weight));
            }
        }

        var result = new PerformanceResult
        {
            Model = string.Empty,
            Version = version,
            Task = output.Task,
            PredictionCount = predictions,
            ScoredCount = scored,
            LabelledCount = rows.Count,
            ScoredWeight = scoredWeight,
            LabelledWeight = labelledWeight,
            UnusableCount = 0,
        };
        return output.Task switch
        {
            ModelTask.BinaryClassification => WithBinary(result, rows, output.DecisionThreshold),
            ModelTask.Regression => WithRegression(result, rows),
            _ => result,
        };
    }

    private static double WeightOf(double weight) => SamplingWeights.IsValid(weight) ? weight : 0;

    private static PerformanceResult WithBinary(PerformanceResult result, List<LabelledScore> rows, double threshold)
    {
        var usable = rows.FindAll(r => !double.IsNaN(r.Score) && r.Label is 0 or 1 && SamplingWeights.IsValid(r.Weight)).ToArray();
        return result with
        {
            UnusableCount = rows.Count - usable.Length,
            BinaryClassification = usable.Length == 0
                ? null
                : BinaryClassificationMetrics.ComputeWeighted(
                    Array.ConvertAll(usable, r => r.Score), Array.ConvertAll(usable, r => (byte)r.Label), Array.ConvertAll(usable, r => r.Weight), threshold),
        };
    }

    private static PerformanceResult WithRegression(PerformanceResult result, List<LabelledScore> rows)
    {
        var usable = rows.FindAll(r => double.IsFinite(r.Score) && SamplingWeights.IsValid(r.Weight)).ToArray();
        return result with
        {
            UnusableCount = rows.Count - usable.Length,
            Regression = usable.Length == 0
                ? null
                : RegressionMetrics.ComputeWeighted(Array.ConvertAll(usable, r => r.Score), Array.ConvertAll(usable, r => r.Label), Array.ConvertAll(usable, r => r.Weight)),
        };
    }

    private readonly record struct LabelledScore(double Score, double Label, double Weight);
}
