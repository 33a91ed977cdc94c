using Mlp.Training.Trees.Interop;

namespace Mlp.Training.Trees;

/// <summary>One training: the rows in LightGBM's memory, iteration after iteration, until the metric no longer gets better. Not thread-safe.</summary>
internal sealed class TreeTrainingRun : IDisposable
{
    private readonly TreeOptions _options;
    private readonly TreeData _data;
    private readonly TreeTeam? _team;
    private readonly int _previousCount;
    private readonly bool _isGreaterBetter;
    private readonly LightGbmDataset? _share;
    private readonly LightGbmBooster _booster;
    private readonly TimeProvider _timeProvider;

    /// <summary>Begins.</summary>
    /// <param name="options">Settings.</param>
    /// <param name="data">The rows; they stay the caller's and must outlive this.</param>
    /// <param name="timeProvider">Measures how long iterations take.</param>
    /// <param name="team">The replicas that train together; null for one alone.</param>
    public TreeTrainingRun(TreeOptions options, TreeData data, TimeProvider timeProvider, TreeTeam? team)
    {
        (_options, _data, _timeProvider, _team) = (options, data, timeProvider, team);
        _isGreaterBetter = TreeParameters.IsGreaterMetricBetter(options);
        try
        {
            _share = team?.Take(data);
            _booster = Together(() => LightGbmBooster.Create(_share ?? data.Training, data.Parameters));
            if (data.Previous is { } previous)
            {
                TreeObjectiveCheck.ThrowIfOther(_booster, previous.Model);
                using var earlier = LightGbmBooster.Load(previous.Model.Text);
                _booster.Merge(earlier);
                _previousCount = previous.Model.IterationCount;
            }

            if (data.Held is not null && Measures)
            {
                _booster.AddValidation(data.Held);
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

    // One replica measures for all.
    private bool Measures => _team is null or { IsFirst: true };

    // Dart changes the weights of earlier trees later on, so that a model of its first trees is not the one that was measured.
    private bool StopsEarly => _data.Held is not null && _options.Boosting != TreeBoosting.Dart;

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
            var grew = Together(_booster.Update);
            if (!grew && history.Count > 0)
            {
                break;
            }

            double? loss = _options.MeasuresTrainingLoss ? Loss(MeasureTraining(), _isGreaterBetter) : null;
            double? metric = _data.Held is null ? null : Decide(iteration);
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

        var text = TreeSettings.WithoutFolders(_booster.ToText(_previousCount + best.Iteration));
        return (_team?.Tell(text) ?? text, history);
    }

    public void Dispose()
    {
        _booster?.Dispose();
        _share?.Dispose();
    }

    private T Together<T>(Func<T> work) => _team is null ? work() : _team.Run(work);

    private double MeasureTraining()
    {
        var metric = _booster.Metrics(0)[0];
        return _team?.Mean(metric) ?? metric;
    }

    private double Decide(int iteration)
    {
        var metric = Measures ? Measure(iteration) : 0;
        return _team?.Tell(metric) ?? metric;
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
        var rows = _data.Validation!.Value;
        var byScore = _booster.Scores(1);
        var scores = new double[byScore.Length];
        for (var i = 0; i < scores.Length; i++)
        {
            scores[((i % rows.Count) * _data.ClassCount) + (i / rows.Count)] = byScore[i];
        }

        return custom(scores, rows.Labels, _data.ValidationWeights);
    }

    // What is better when it is greater becomes 1 − x, so that progress tells of losses throughout.
    private static double Loss(double metric, bool isGreaterBetter) => isGreaterBetter ? 1 - metric : metric;
}
