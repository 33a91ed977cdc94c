using Mlp.Runtime.Kernels;
using Mlp.Runtime.Scoring;
using Mlp.Spark.Commands;
using Mlp.Spark.Worker.Daemon;
using Mlp.Spark.Worker.Tasks;

namespace Mlp.Spark.Worker.Functions.Models;

/// <summary>
/// The models of the process: each is loaded once, by the SHA-256 of its package, and shared by all tasks. One that no task has used for a while goes, because every session of Spark has a daemon of its own, which
/// lives as long as the executor. Thread-safe.
/// </summary>
internal sealed class ModelCache : IDisposable
{
    /// <summary>How long a model stays without a task.</summary>
    public static readonly TimeSpan IdleTime = TimeSpan.FromMinutes(5);

    private readonly Dictionary<(string Sha256, bool OnnxRuntimeOnly), SharedModel> _models = [];
    private readonly Lock _lock = new();
    private readonly TimeProvider _time;
    private readonly WorkerLog _log;
    private readonly ITimer _timer;

    /// <summary>Makes an empty one.</summary>
    /// <param name="time">The clock.</param>
    /// <param name="log">Where to say what happens.</param>
    public ModelCache(TimeProvider time, WorkerLog log)
    {
        _time = time;
        _log = log;
        _timer = time.CreateTimer(_ => DropIdle(), null, IdleTime / 5, IdleTime / 5);
    }

    /// <summary>Number of models in memory.</summary>
    public int Count
    {
        get
        {
            lock (_lock)
            {
                return _models.Count;
            }
        }
    }

    /// <summary>Takes a model for a task, and loads it where no task has done so.</summary>
    /// <param name="file">The package.</param>
    /// <param name="options">How it runs.</param>
    /// <param name="files">Finds files.</param>
    /// <returns>The model, until the lease is disposed of.</returns>
    /// <exception cref="Mlp.Runtime.MlPlatformException">It is missing, another, or no model that scores.</exception>
    public ModelLease Rent(FileReference file, ScoreOptions options, TaskFiles files)
    {
        var key = (file.Sha256, options.OnnxRuntimeOnly);
        SharedModel? shared;
        lock (_lock)
        {
            if (!_models.TryGetValue(key, out shared))
            {
                shared = new SharedModel(new Lazy<PackagedModel>(() => Load(file, options, files)));
                _models.Add(key, shared);
            }

            shared.Users++;
        }

        try
        {
            return new ModelLease(shared.Model.Value, () => Return(shared));
        }
        catch
        {
            lock (_lock)
            {
                // The next task may find the file; one that waits for this load gets its error.
                if (_models.GetValueOrDefault(key) == shared)
                {
                    _models.Remove(key);
                }
            }

            throw;
        }
    }

    /// <inheritdoc/>
    public void Dispose() => _timer.Dispose();

    private PackagedModel Load(FileReference file, ScoreOptions options, TaskFiles files)
    {
        var path = files.Find(file, "a model package");
        try
        {
            var started = _time.GetTimestamp();
            var model = PackagedModel.Load(path, options.OnnxRuntimeOnly ? KernelUse.Off : KernelUse.Strict, found => TaskFiles.RequireHash(file, found, path, "a model package"));
            _log.Write(FormattableString.Invariant(
                $"Loaded {model.Manifest.Where} in {_time.GetElapsedTime(started).TotalMilliseconds:F0} ms; {(model.Engine.IsInUse ? "a managed kernel" : "ONNX Runtime")} scores."));
            return model;
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new TaskException($"Expected to read a model package at '{path}', but: {e.Message}", e);
        }
    }

    private void Return(SharedModel shared)
    {
        lock (_lock)
        {
            shared.Users--;
            shared.LastUsed = _time.GetTimestamp();
        }
    }

    private void DropIdle()
    {
        KeyValuePair<(string, bool), SharedModel>[] idle;
        lock (_lock)
        {
            idle = [.. _models.Where(m => m.Value.Users == 0 && _time.GetElapsedTime(m.Value.LastUsed) >= IdleTime)];
            foreach (var (key, _) in idle)
            {
                _models.Remove(key);
            }
        }

        foreach (var (_, shared) in idle)
        {
            _log.Write($"Drops {shared.Model.Value.Manifest.Where}, which no task has used for {IdleTime.TotalMinutes} minutes.");
            shared.Model.Value.Dispose();
        }
    }

    private sealed class SharedModel(Lazy<PackagedModel> model)
    {
        public Lazy<PackagedModel> Model => model;

        public int Users { get; set; }

        public long LastUsed { get; set; }
    }
}
