using Mlp.Monitoring.Figures;
using Mlp.Monitoring.Labels;
using Mlp.Runtime.Data;
using Mlp.Runtime.Models;
using Mlp.Runtime.Statistics;
using Mlp.Runtime.Statistics.Estimation;
using Mlp.Runtime.Statistics.Intervals;

namespace Mlp.Monitoring.Performance;

/// <summary>
/// The figures of one version over the sliding window that ends now, or that ended when its labels had matured, in one pass over what is remembered. The area comes from score bins: its interval is widened by
/// the bound of its error, which is a figure too. Used once.
/// </summary>
/// <param name="model">Model name.</param>
/// <param name="version">Model version.</param>
/// <param name="output">What the model's output means.</param>
/// <param name="estimator">What quality without labels is estimated by; null for none.</param>
/// <param name="configuration">Window and maturity.</param>
/// <param name="now">The time.</param>
internal sealed class LiveWindow(string model, int version, ModelOutput output, PerformanceEstimator? estimator, LiveQualityConfiguration configuration, DateTimeOffset now)
{
    private readonly ScoreBins _bins = new(output.DecisionThreshold);
    private readonly List<double> _recent = [];
    private readonly List<double> _recentWeights = [];
    private readonly List<double> _matured = [];
    private readonly List<double> _maturedWeights = [];
    private RunningMean _logLoss;
    private RunningMean _brier;
    private RunningMean _error;
    private RunningMean _magnitude;
    private RunningMean _square;
    private double _scoredWeight;
    private double _labelledWeight;
    private long _scoredCount;
    private long _usableCount;
    private long _labelledCount;
    private long _wrongCount;

    /// <summary>Reads what is remembered.</summary>
    public void Read(ScoreIndex scores, LabelIndex labels)
    {
        var name = AnswerReader.LabelNameOf(output);
        var (recentFrom, to) = (Microseconds.FromRequestTime(now - configuration.Window), Microseconds.FromRequestTime(now));
        var (maturedFrom, maturedTo) = (Microseconds.FromRequestTime(now - configuration.Maturity - configuration.Window), Microseconds.FromRequestTime(now - configuration.Maturity));
        for (var i = 0; i < scores.Count; i++)
        {
            ref readonly var entry = ref scores[i];
            if (entry.Version != version || !entry.IsScored || entry.RequestTime == ScoreIndex.Entry.UnknownTime || !SamplingWeights.IsValid(entry.Weight))
            {
                continue;
            }

            if (estimator is not null && !double.IsNaN(entry.Score) && entry.RequestTime >= recentFrom && entry.RequestTime < to)
            {
                _recent.Add(entry.Score);
                _recentWeights.Add(entry.Weight);
            }

            if (entry.RequestTime >= maturedFrom && entry.RequestTime < maturedTo)
            {
                AddMatured(entry, labels, name);
            }
        }
    }

    /// <summary>The figures.</summary>
    public IEnumerable<Figure> Figures()
    {
        var maturity = ConfidenceInterval.Wilson(_labelledWeight / _scoredWeight, _scoredCount);
        yield return Create(FigureNames.LabelMaturity, _labelledWeight / _scoredWeight, maturity, _scoredCount);
        foreach (var figure in output.Task switch
        {
            ModelTask.BinaryClassification => Binary(),
            ModelTask.Regression => Regression(),
            _ => [],
        })
        {
            yield return figure;
        }

        foreach (var estimate in _recent.Count == 0 ? [] : estimator!.Estimate(_recent.ToArray(), _recentWeights.ToArray()))
        {
            yield return Create(FigureNames.Prefix + FigureNames.Estimated + Estimation.EstimationFindings.NameOf(estimate.Metric), estimate.Value, new(estimate.Lower, estimate.Upper), _recent.Count) with
            {
                From = now - configuration.Window,
                To = now,
            };
        }
    }

    /// <summary>Whether estimate and realised area of the matured window exclude each other.</summary>
    /// <param name="realized">The realised area as a figure.</param>
    public PerformanceEstimate? FindBrokenEstimate(Figure realized)
    {
        if (estimator is null || _matured.Count == 0 || realized is not { Lower: { } lower, Upper: { } upper } || double.IsNaN(realized.Value) || double.IsNaN(lower))
        {
            return null;
        }

        var estimate = estimator.Estimate(_matured.ToArray(), _maturedWeights.ToArray())[(int)EstimatedMetric.Auc];
        var interval = new ConfidenceInterval(lower, upper);
        return Estimation.EstimationFindings.ExcludeEachOther(estimate, realized.Value, interval)
            && estimator.OrdinaryOf(EstimatedMetric.Auc).IsBeyondChance(realized.Value - estimate.Value, realized.RowCount, interval.StandardError, comparisons: 1) ? estimate : null;
    }

    /// <summary>The finding that labels of the matured window are none that the model can have; null where there are none.</summary>
    public Finding? FindWrongLabels() => _wrongCount == 0
        ? null
        : LabelFindings.Wrong(
            new FigureSubject(model, version), output.Task, _wrongCount, _labelledCount, now - configuration.Maturity - configuration.Window, now - configuration.Maturity);

    private void AddMatured(in ScoreIndex.Entry entry, LabelIndex labels, string name)
    {
        _scoredCount++;
        _scoredWeight += entry.Weight;
        if (estimator is not null && !double.IsNaN(entry.Score))
        {
            _matured.Add(entry.Score);
            _maturedWeights.Add(entry.Weight);
        }

        if (!labels.TryGet(entry.RequestId, entry.Entity, name, out var label))
        {
            return;
        }

        _labelledWeight += entry.Weight;
        _labelledCount++;
        if (!QualityGroup.CanBeLabel(output, label))
        {
            _wrongCount++;
            return;
        }

        if (double.IsNaN(entry.Score))
        {
            return;
        }

        if (output.Task == ModelTask.BinaryClassification)
        {
            var miss = Math.Clamp(label == 1 ? 1 - entry.Score : entry.Score, 0, 1);
            _bins.Add(entry.Score, label == 1, entry.Weight);
            _logLoss.Add(-Math.Log(LogLoss.Clip(1 - miss)), entry.Weight);
            _brier.Add(miss * miss, entry.Weight);
            _usableCount++;
        }
        else if (output.Task == ModelTask.Regression && double.IsFinite(entry.Score))
        {
            var error = entry.Score - label;
            _error.Add(error, entry.Weight);
            _magnitude.Add(Math.Abs(error), entry.Weight);
            _square.Add(error * error, entry.Weight);
            _usableCount++;
        }
    }

    private IEnumerable<Figure> Binary()
    {
        var auc = _bins.Auc(out var bound);
        var interval = ConfidenceInterval.Normal(auc, _bins.AucStandardError());
        yield return Quality(FigureNames.Auc, auc, new(Math.Max(0, interval.Lower - bound), Math.Min(1, interval.Upper + bound)));
        yield return Quality(FigureNames.AucErrorBound, bound, null);
        yield return Quality(FigureNames.LogLoss, _bins.LogLoss, _logLoss.Interval);
        yield return Quality(FigureNames.Brier, _bins.Brier, _brier.Interval);
        var confusion = _bins.Confusion;
        var scale = _bins.EffectiveRowCount / _bins.Weight;
        yield return Quality(FigureNames.Accuracy, confusion.Accuracy, ConfidenceInterval.Wilson(confusion.Accuracy, _bins.EffectiveRowCount));
        yield return Quality(FigureNames.Precision, confusion.Precision, ConfidenceInterval.Wilson(confusion.Precision, (confusion.TruePositives + confusion.FalsePositives) * scale));
        yield return Quality(FigureNames.Recall, confusion.Recall, ConfidenceInterval.Wilson(confusion.Recall, (confusion.TruePositives + confusion.FalseNegatives) * scale));
        yield return Quality(FigureNames.F1, confusion.F1, BinaryIntervals.F1(confusion, scale));
    }

    private IEnumerable<Figure> Regression()
    {
        var isKnown = _usableCount > 0;
        yield return Quality(FigureNames.MeanError, isKnown ? _error.Mean : double.NaN, _error.Interval);
        yield return Quality(FigureNames.MeanAbsoluteError, isKnown ? _magnitude.Mean : double.NaN, _magnitude.Interval);
        yield return Quality(FigureNames.RootMeanSquaredError, isKnown ? Math.Sqrt(_square.Mean) : double.NaN, _square.Interval.Map(v => Math.Sqrt(Math.Max(0, v))));
    }

    private Figure Quality(string name, double value, ConfidenceInterval? interval) => Create(FigureNames.Prefix + name, value, interval, _usableCount);

    private Figure Create(string name, double value, ConfidenceInterval? interval, long rowCount) => new()
    {
        Name = name,
        Subject = new FigureSubject(model, version),
        Value = value,
        Lower = interval?.Lower,
        Upper = interval?.Upper,
        RowCount = rowCount,
        From = now - configuration.Maturity - configuration.Window,
        To = now - configuration.Maturity,
    };
}
