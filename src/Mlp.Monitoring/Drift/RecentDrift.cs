using Apache.Arrow;
using Mlp.Monitoring.PredictionLog;
using Mlp.Runtime.Models;
using Mlp.Runtime.Predictions;
using Mlp.Runtime.Statistics;

namespace Mlp.Monitoring.Drift;

/// <summary>
/// The recent window of one model version, kept up to date by the task that writes its log: panes of a twelfth of the window, of which the oldest is cleared when time moves on, and those ahead of the clock when it is set back. Thread-safe.
/// </summary>
internal sealed class RecentDrift : IPredictionBatchListener, IDisposable
{
    private const int PaneCount = 12;
    private const int SampleLimit = 2_048;

    private readonly ServedModel _model;
    private readonly Task<DriftReference?> _reference;
    private readonly DriftConfiguration _configuration;
    private readonly DriftRules _rules;
    private readonly TimeProvider _timeProvider;
    private readonly Action<RecentDrift> _onDisposed;
    private readonly Lock _gate = new();
    private readonly long _paneTicks;
    private DriftBatchReader? _reader;
    private DriftWindow[] _panes = [];
    private long _pane = long.MinValue;
    private string? _unknownFeatures;

    /// <summary>Creates an empty window.</summary>
    /// <param name="model">The version.</param>
    /// <param name="profile">Its reference, which may still be on its way; null when it has none.</param>
    /// <param name="configuration">Settings.</param>
    /// <param name="timeProvider">The clock.</param>
    /// <param name="onDisposed">Told when the version has left service.</param>
    public RecentDrift(ServedModel model, Task<ReferenceProfile?> profile, DriftConfiguration configuration, TimeProvider timeProvider, Action<RecentDrift> onDisposed)
    {
        _onDisposed = onDisposed;
        _model = model;
        _configuration = configuration;
        _rules = configuration.RulesOf(model.Manifest.Name);
        _reference = ReadAsync(profile, _rules, model.Manifest.Output);
        _timeProvider = timeProvider;
        _paneTicks = Math.Max(configuration.Window.Ticks / PaneCount, 1);
    }

    /// <inheritdoc/>
    public async ValueTask OnBatchAsync(RecordBatch batch)
    {
        if (await _reference.ConfigureAwait(false) is not { } reference)
        {
            return;
        }

        lock (_gate)
        {
            if (_reader is null)
            {
                _unknownFeatures = FindUnknownFeatures(reference.Profile);
                _reader = new DriftBatchReader(reference.Profile, _rules, _model.Manifest.Output);
                _panes = [.. Enumerable.Range(0, PaneCount).Select(_ => new DriftWindow(reference, _rules, SampleLimit))];
            }

            MoveTo(_timeProvider.GetUtcNow().UtcTicks / _paneTicks);
            _reader.Count(batch, _panes[_pane % PaneCount]);
        }
    }

    /// <summary>Why there is no reference to compare with, or which settings are about no feature; null when there is nothing to say, when the version has no reference, and while that is read.</summary>
    public string? Problem
        => _reference.Exception?.InnerException is { } failure
            ? FormattableString.Invariant($"Expected to read the reference profile of model '{_model.Manifest.Name}' version {_model.Manifest.Version}, so drift is not watched: {failure.Message}")
            : Volatile.Read(ref _unknownFeatures);

    /// <summary>The recent window against the reference, or null before the first prediction and for a model without a reference.</summary>
    public DriftReport? Report()
    {
        lock (_gate)
        {
            if (_reader is null)
            {
                return null;
            }

            MoveTo(_timeProvider.GetUtcNow().UtcTicks / _paneTicks);
            var whole = new DriftWindow(_panes[0].Reference, _rules, PaneCount * SampleLimit);
            System.Array.ForEach(_panes, whole.Merge);
            var now = _timeProvider.GetUtcNow();
            return DriftComparison.Compare(new(_model.Manifest.Name, _model.Manifest.Version, now - _configuration.Window, now), (whole.Reference.Profile.RowCount, whole.RowCount), whole.Compared(_reader.Compared), _reader.NotCompared, _rules);
        }
    }

    /// <summary>The version has left service.</summary>
    public void Dispose() => _onDisposed(this);

    private static async Task<DriftReference?> ReadAsync(Task<ReferenceProfile?> profile, DriftRules rules, ModelOutput? output)
        => await profile.ConfigureAwait(false) is { } published ? DriftReference.Of(published, rules, output) : null;

    private string? FindUnknownFeatures(ReferenceProfile profile)
    {
        var unknown = _rules.NamedFeatures.Where(n => _model.Layout.IndexOf(n) < 0 && n != profile.Score?.Distribution.Name && n != PredictedClass.Name).ToList();
        return unknown.Count == 0 ? null : FormattableString.Invariant(
            $"Expected the settings of drift to name features of model '{_model.Manifest.Name}' version {_model.Manifest.Version}, but it has none of the names {string.Join(", ", unknown.Select(n => $"'{n}'"))}.");
    }

    // A clock that was ahead and is set right leaves panes of a time to come: they are given up, or nothing would ever leave the window until that time.
    private void MoveTo(long pane)
    {
        for (; _pane > pane && _pane - pane <= PaneCount; _pane--)
        {
            _panes[_pane % PaneCount].Clear();
        }

        if (pane - PaneCount > _pane || pane < _pane)
        {
            System.Array.ForEach(_panes, p => p.Clear());
            _pane = pane;
        }

        while (_pane < pane)
        {
            _pane++;
            _panes[_pane % PaneCount].Clear();
        }
    }
}
