using System.Buffers;
using Apache.Arrow;
using Microsoft.Extensions.Logging;
using Mlp.Monitoring.PredictionLog;
using Mlp.Runtime;
using Mlp.Runtime.Predictions;
using Mlp.Runtime.Statistics;
using Mlp.Runtime.Statistics.Profiles;
using Mlp.Runtime.Storage;

namespace Mlp.Monitoring.Profiles;

/// <summary>
/// Profiles the predictions of one model version as they are logged, those that sampling leaves out of the log too: one profile per pane of request time and per variant, of the features, and of the score where the model answered. The
/// running panes lie in memory; every save interval, and when the version leaves service, what is new in them goes to a file, and a pane that is over goes out of memory. Predictions that the model did not answer are left out, as in drift. Thread-safe.
/// </summary>
internal sealed class LiveProfile : IPredictionBatchListener, IDisposable
{
    /// <summary>Panes in memory at most; where the disk refuses for so long, the oldest are given up.</summary>
    private const int MaximumPaneCount = 64;

    private readonly ServedModel _model;
    private readonly Task<ReferenceProfile?> _reference;
    private readonly string _root;
    private readonly ProfileConfiguration _configuration;
    private readonly IDiskSync _disk;
    private readonly TimeProvider _timeProvider;
    private readonly ILogger _logger;
    private readonly Action<LiveProfile, bool> _tidy;
    private readonly Action<LiveProfile> _onDisposed;
    private readonly Lock _gate = new();
    private readonly Lock _saving = new();
    private readonly Dictionary<(string Variant, long Start), ProfilePane> _panes = [];
    private readonly long _paneLength;
    private readonly ITimer _timer;
    private DataProfileOptions? _options;
    private DateTime _mergedOn;
    private bool _isFailing;
    private bool _isTidyFailing;

    /// <summary>Creates it without a pane.</summary>
    /// <param name="model">The version.</param>
    /// <param name="reference">Its reference, which says which integers are codes; may still be on its way, and null when it has none.</param>
    /// <param name="root">Folder that holds one folder per model.</param>
    /// <param name="configuration">Settings.</param>
    /// <param name="disk">Where durability comes from.</param>
    /// <param name="timeProvider">The clock.</param>
    /// <param name="logger">Hears of failures.</param>
    /// <param name="tidy">Deletes files that are too old and, when told so, merges those of days that are over.</param>
    /// <param name="onDisposed">Told when the version has left service.</param>
    public LiveProfile(
        ServedModel model, Task<ReferenceProfile?> reference, string root, ProfileConfiguration configuration, IDiskSync disk, TimeProvider timeProvider, ILogger logger, Action<LiveProfile, bool> tidy,
        Action<LiveProfile> onDisposed)
    {
        _model = model;
        _reference = reference;
        _root = root;
        _configuration = configuration;
        _disk = disk;
        _timeProvider = timeProvider;
        _logger = logger;
        _tidy = tidy;
        _onDisposed = onDisposed;
        _paneLength = configuration.Pane.Ticks / TimeSpan.TicksPerMicrosecond;

        // Not on the task that writes the log, which does not wait for the files of profiles.
        _timer = timeProvider.CreateTimer(static state => ((LiveProfile)state!).Save(), this, configuration.SaveInterval, configuration.SaveInterval);
    }

    /// <summary>The version.</summary>
    public (string Model, int Version) Version => (_model.Manifest.Name, _model.Manifest.Version);

    /// <summary>The panes in memory now.</summary>
    public IReadOnlyList<(ProfileFile File, DataProfile Profile)> Panes
    {
        get
        {
            lock (_gate)
            {
                return [.. _panes.Values.Select(pane => (pane.File, pane.Builder.Build()))];
            }
        }
    }

    /// <summary>The files of the panes in memory now.</summary>
    public IReadOnlyList<string> PanePaths
    {
        get
        {
            lock (_gate)
            {
                return [.. _panes.Values.Select(pane => pane.File.Path)];
            }
        }
    }

    /// <inheritdoc/>
    public async ValueTask OnBatchAsync(RecordBatch batch)
    {
        _options ??= await CreateOptionsAsync().ConfigureAwait(false);
        lock (_gate)
        {
            Add(batch);
        }
    }

    /// <summary>Writes what is new, and lets go of panes that are over. Never throws: what could not be written stays for the next time.</summary>
    public void Save()
    {
        lock (_saving)
        {
            foreach (var (pane, rows, profile) in FindDirty())
            {
                if (TrySave(pane.File.Path, profile))
                {
                    pane.Saved(rows);
                }
            }

            LetGo();
            Tidy();
        }
    }

    /// <summary>The version has left service: what is new is written.</summary>
    public void Dispose()
    {
        _timer.Dispose();
        Save();
        _onDisposed(this);
    }

    private void Tidy()
    {
        var today = _timeProvider.GetUtcNow().UtcDateTime.Date;
        var isNewDay = today != _mergedOn && _timeProvider.GetUtcNow().UtcDateTime - today >= _configuration.Pane + _configuration.SaveInterval;
        try
        {
            _tidy(this, isNewDay);
            _mergedOn = isNewDay ? today : _mergedOn;
            _isTidyFailing = false;
        }
#pragma warning disable CA1031 // As below; and a timer's exception would end the process.
        catch (Exception e)
#pragma warning restore CA1031
        {
            if (!_isTidyFailing)
            {
                _logger.LogError(e, "The profiles of model {Model} version {Version} cannot be merged by day and stay as they are; trying again.", _model.Manifest.Name, _model.Manifest.Version);
            }

            _isTidyFailing = true;
        }
    }

    private async ValueTask<DataProfileOptions> CreateOptionsAsync()
    {
        // One thread: the other cores belong to those who predict.
        var options = new DataProfileOptions { MaximumParallelism = 1, QuantileSketch = _configuration.QuantileSketch };
        try
        {
            var reference = await _reference.ConfigureAwait(false);
            options.CategoricalColumns.UnionWith((reference?.Features ?? []).OfType<CategoricalFeatureProfile>().Select(feature => feature.Name));
        }
        catch (Exception e) when (e is IOException or InvalidDataException or UnsupportedFormatVersionException or MlPlatformException)
        {
            _logger.LogWarning(e, "The reference profile of model {Model} version {Version} cannot be read: integer features are profiled as numbers.", _model.Manifest.Name, _model.Manifest.Version);
        }

        return options;
    }

    private void Add(RecordBatch batch)
    {
        var columns = ProfileColumns.Of(batch);
        var weights = ArrayPool<double>.Shared.Rent(batch.Length);
        try
        {
            var rest = weights.AsMemory(0, batch.Length);
            for (var count = columns.FindWeights(rest.Span, countsEachAsOne: _configuration.QuantileSketch == QuantileSketchKind.Kll); count > 0;)
            {
                // Most batches have one variant and one pane, and then all rows go at once.
                var (variant, start) = columns.KeyOf(rest.Span, _paneLength);
                var chosen = columns.Choose(rest.Span, variant, start, _paneLength);
                PaneOf(variant, start).Builder.Add(columns.Features, columns.Score, batch.Length, chosen, columns.Times);
                count -= columns.Remove(rest.Span, variant, start, _paneLength);
            }
        }
        finally
        {
            ArrayPool<double>.Shared.Return(weights);
        }
    }

    private ProfilePane PaneOf(string variant, long start)
    {
        if (!_panes.TryGetValue((variant, start), out var pane))
        {
            if (_panes.Count == MaximumPaneCount)
            {
                GiveUp(_panes.MinBy(p => p.Key.Start));
            }

            // A name of its own each time: what comes after a pane has gone out of memory lies beside its file, not in its place.
            pane = new(ProfileFile.Of(_root, _model.Manifest.Name, _model.Manifest.Version, variant, start, _configuration.Pane, Guid.NewGuid().ToString("N")), _options!);
            _panes.Add((variant, start), pane);
        }

        return pane;
    }

    private void GiveUp(KeyValuePair<(string Variant, long Start), ProfilePane> oldest)
    {
        if (oldest.Value.IsDirty)
        {
            _logger.LogError("The profile of {Rows} predictions of model {Model} version {Version} is given up: it could not be written.", oldest.Value.Builder.RowCount, _model.Manifest.Name, _model.Manifest.Version);
        }

        _panes.Remove(oldest.Key);
    }

    private List<(ProfilePane Pane, long Rows, DataProfile Profile)> FindDirty()
    {
        lock (_gate)
        {
            return [.. _panes.Values.Where(pane => pane.IsDirty).Select(pane => (pane, pane.Builder.RowCount, pane.Builder.Build()))];
        }
    }

    private void LetGo()
    {
        // Predictions of a pane may come a little after its end.
        var over = (_timeProvider.GetUtcNow() - _configuration.SaveInterval - DateTimeOffset.UnixEpoch).Ticks / TimeSpan.TicksPerMicrosecond;
        lock (_gate)
        {
            foreach (var key in _panes.Where(pane => !pane.Value.IsDirty && pane.Value.File.End <= over).Select(pane => pane.Key).ToArray())
            {
                _panes.Remove(key);
            }
        }
    }

    private bool TrySave(string path, DataProfile profile)
    {
        try
        {
            DurableFile.CreateDirectories(_disk, Path.GetDirectoryName(path)!);
            DurableFile.Replace(_disk, path, profile.ToBytes());
            _isFailing = false;
            return true;
        }
#pragma warning disable CA1031 // Whatever the disk says, the host goes on.
        catch (Exception e)
#pragma warning restore CA1031
        {
            if (!_isFailing)
            {
                _logger.LogError(e, "The profile of model {Model} version {Version} cannot be written; trying again.", _model.Manifest.Name, _model.Manifest.Version);
            }

            _isFailing = true;
            return false;
        }
    }
}
