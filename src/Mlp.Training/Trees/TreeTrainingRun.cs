using Mlp.Training.Trees.Interop;

namespace Mlp.Training.Trees;

/// <summary>One training: the rows in LightGBM's memory, iteration after iteration, until the metric no longer gets better. Not thread-safe.</summary>
internal sealed class TreeTrainingRun : IDisposable
{
    private readonly TreeOptions _options;
    private readonly TreeRows? _validation;
    private readonly int _classCount;
    private readonly int _previousCount;
    private readonly bool _isGreaterBetter;
    private readonly float[] _validationWeights = [];
    private readonly LightGbmDataset _training;
    private readonly LightGbmDataset? _held;
    private readonly LightGbmBooster _booster;
    private readonly TimeProvider _timeProvider;

    public TreeTrainingRun(
        TreeOptions options, TreeEncoding encoding, int classCount, TreeRows training, TreeRows? validation, TrainedTrees? previous, TimeProvider timeProvider)
    {
        (_options, _validation, _classCount, _timeProvider) = (options, validation, classCount, timeProvider);
        var parameters = TreeParameters.Text(options, encoding, classCount);
        _isGreaterBetter = TreeParameters.IsGreaterMetricBetter(options);
        try
        {
            _training = training.ToDataset(encoding, options, parameters);
            Continue(_training, previous, training);
            if (validation is { } held)
            {
                _held = held.ToDataset(encoding, options, parameters, _training);
                Continue(_held, previous, held);
                _validationWeights = held.Weights(options);
            }

            _booster = LightGbmBooster.Create(_training, parameters);
            if (previous is not null)
            {
                TreeObjectiveCheck.ThrowIfOther(_booster, previous.Model);
                using var earlier = LightGbmBooster.Load(previous.Model.Text);
                _booster.Merge(earlier);
                _previousCount = previous.Model.IterationCount;
            }

            if (_held is not null)
            {
                _booster.AddValidation(_held);
            }

            if (_booster.MetricCount == 0)
            {
                throw new ArgumentException($"Expected a metric that LightGBM knows, but found '{options.Metric}'.", nameof(options));
            }
        }
        catch
        {
            Dispose();
            throw;
        }
    }

    // Dart changes the weights of earlier trees later on, so that a model of its first trees is not the one that was measured.
    private bool StopsEarly => _held is not null && _options.Boosting != TreeBoosting.Dart;

    private bool IsGreaterBetter => _options.CustomMetric is null ? _isGreaterBetter : _options.IsGreaterCustomMetricBetter;

    /// <summary>Trains.</summary>
    /// <param name="progress">Told after each iteration.</param>
    /// <param name="cancellationToken">Ends training between iterations.</param>
    /// <returns>The model with its best iterations as text, and one entry per iteration.</returns>
    public (string Text, IReadOnlyList<TrainingProgress> History) Train(IProgress<TrainingProgress>? progress, CancellationToken cancellationToken)
    {
        var history = new List<TrainingProgress>();
        var started = _timeProvider.GetTimestamp();
        var best = (Iteration: 0, Loss: double.PositiveInfinity);
        for (var iteration = 1; iteration <= _options.MaximumIterations; iteration++)
        {
            cancellationToken.ThrowIfCancellationRequested();
            var grew = _booster.Update();
            if (!grew && history.Count > 0)
            {
                break;
            }

            double? loss = _options.MeasuresTrainingLoss ? Loss(_booster.Metrics(0)[0], _isGreaterBetter) : null;
            double? metric = _held is null ? null : Measure(iteration);
            var held = metric is { } value ? Loss(value, IsGreaterBetter) : (double?)null;
            if (!StopsEarly || held < best.Loss || best.Iteration == 0)
            {
                best = (iteration, held ?? double.PositiveInfinity);
            }

            history.Add(new(iteration, _options.MaximumIterations, loss, held, best.Iteration, _timeProvider.GetElapsedTime(started))
            {
                ValidationMetric = _options.CustomMetric is null && _options.Metric is null ? null : metric,
            });
            progress?.Report(history[^1]);
            if (!grew || (StopsEarly && iteration - best.Iteration >= _options.EarlyStoppingPatience))
            {
                break;
            }
        }

        return (TreeSettings.WithoutFolders(_booster.ToText(_previousCount + best.Iteration)), history);
    }

    public void Dispose()
    {
        _booster?.Dispose();
        _held?.Dispose();
        _training?.Dispose();
    }

    // Boosting goes on from the raw scores of the earlier trees.
    private static void Continue(LightGbmDataset dataset, TrainedTrees? previous, TreeRows rows)
    {
        if (previous is null)
        {
            return;
        }

        var count = previous.ScoreCount;
        var raw = previous.PredictRaw(rows.Rows.Table, rows.First, rows.Count);
        var byScore = new double[raw.Length];
        for (var i = 0; i < raw.Length; i++)
        {
            byScore[((i % count) * rows.Count) + (i / count)] = raw[i];
        }

        dataset.SetInitialScores(byScore);
    }

    private double Measure(int iteration)
    {
        var metric = _options.CustomMetric is { } custom ? Measure(custom) : _booster.Metrics(1)[0];
        return double.IsNaN(metric)
            ? throw new InvalidOperationException(FormattableString.Invariant(
                $"Expected {(_options.CustomMetric is null ? "the metric" : nameof(TreeOptions.CustomMetric))} to be a number on the validation rows, but it is NaN after iteration {iteration}."))
            : metric;
    }

    private double Measure(TreeMetric custom)
    {
        var rows = _validation!.Value;
        var byScore = _booster.Scores(1);
        var scores = new double[byScore.Length];
        for (var i = 0; i < scores.Length; i++)
        {
            scores[((i % rows.Count) * _classCount) + (i / rows.Count)] = byScore[i];
        }

        return custom(scores, rows.Labels, _validationWeights);
    }

    // What is better when it is greater becomes 1 − x, so that progress tells of losses throughout.
    private static double Loss(double metric, bool isGreaterBetter) => isGreaterBetter ? 1 - metric : metric;
}
