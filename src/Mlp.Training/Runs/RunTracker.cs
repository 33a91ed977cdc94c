using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Abstractions;
using Mlp.Runtime.Data;
using Mlp.Runtime.Hosting;
using Mlp.Runtime.Predictions;
using Mlp.Runtime.Storage;

namespace Mlp.Training.Runs;

/// <summary>
/// Runs in the folder <c>runs</c> of a data directory: one folder per run, which appears by one rename, with one writer. Any number of processes may write and read at once, whatever
/// their <see cref="MlPlatformMode"/>. Thread-safe.
/// </summary>
public sealed class RunTracker : IRunTracker
{
    private readonly string _root;
    private readonly TimeProvider _time;
    private readonly ILogger _logger;
    private readonly RunTrackerOptions _options;
    private readonly IDiskSync _disk;

    /// <summary>Opens the runs of a data directory. Nothing is created before a run starts.</summary>
    /// <param name="directory">The data directory.</param>
    /// <param name="options">How runs are written; null for the defaults.</param>
    /// <param name="timeProvider">The clock; null for the system's.</param>
    /// <param name="logger">Told when a disk refuses entries and when it takes them again; null for nobody.</param>
    /// <exception cref="ArgumentException">An option is out of range.</exception>
    public RunTracker(DataDirectory directory, RunTrackerOptions? options = null, TimeProvider? timeProvider = null, ILogger<RunTracker>? logger = null)
        : this(directory, options, timeProvider, logger, DiskSync.Instance)
    {
    }

    internal RunTracker(DataDirectory directory, RunTrackerOptions? options, TimeProvider? timeProvider, ILogger<RunTracker>? logger, IDiskSync disk)
    {
        ArgumentNullException.ThrowIfNull(directory);
        options ??= new RunTrackerOptions();
        OptionRanges.ThrowIfAny(options.FindFailures(), nameof(options));
        _options = new RunTrackerOptions { CommitInterval = options.CommitInterval, MaximumWaitingBytes = options.MaximumWaitingBytes };
        _root = directory.Runs;
        _time = timeProvider ?? TimeProvider.System;
        _logger = logger ?? NullLogger<RunTracker>.Instance;
        _disk = disk;
    }

    /// <inheritdoc/>
    public IRun Start(RunDescription description)
    {
        ArgumentNullException.ThrowIfNull(description);
        var header = Describe(description);
        try
        {
            return TryStart(header)
                ?? throw new ArgumentException(
                    $"Expected a new name for a run of experiment '{header.Experiment}', but there is a run called '{header.Name}' already.", nameof(description));
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new DataDirectoryUnusableException(_root, $"Expected a writable folder for runs at '{_root}', but writing to it failed: {e.Message}", e);
        }
    }

    /// <inheritdoc/>
    public IRun Continue(string experiment, string run)
    {
        PlatformName.Require(experiment, "experiment", nameof(experiment));
        PlatformName.Require(run, "run", nameof(run));
        var record = Read(experiment, run, CancellationToken.None);
        var folder = FolderOf(experiment, record.Name);
        var header = RunHeader.Read(folder.Header);
        try
        {
            return Continue(header, folder);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new DataDirectoryUnusableException(_root, $"Expected a writable folder for runs at '{_root}', but writing to it failed: {e.Message}", e);
        }
    }

    /// <inheritdoc/>
    public IReadOnlyList<string> ListExperiments()
        => [.. Names(_root).Where(experiment => Names(ExperimentFolder(experiment)).Any(run => File.Exists(FolderOf(experiment, run).Header)))];

    /// <inheritdoc/>
    public Task<IReadOnlyList<RunRecord>> ListAsync(string experiment, CancellationToken cancellationToken = default)
    {
        PlatformName.Require(experiment, "experiment", nameof(experiment));
        return Task.Run(IReadOnlyList<RunRecord> () => List(experiment, cancellationToken), cancellationToken);
    }

    /// <inheritdoc/>
    public Task<RunRecord> ReadAsync(string experiment, string run, CancellationToken cancellationToken = default)
    {
        PlatformName.Require(experiment, "experiment", nameof(experiment));
        PlatformName.Require(run, "run", nameof(run));
        return Task.Run(() => Read(experiment, run, cancellationToken), cancellationToken);
    }

    /// <inheritdoc/>
    public async Task<RunRecord?> FindBestAsync(
        string experiment, string metric, bool higherIsBetter, MetricSummary summary = MetricSummary.Last, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(metric);
        RunRecord? best = null;
        double bestValue = default;
        foreach (var run in await ListAsync(experiment, cancellationToken).ConfigureAwait(false))
        {
            if (run.Status == RunStatus.Finished && run.ParentRunId is null && run.GetMetric(metric, summary) is { } value && !double.IsNaN(value)
                && (best is null || (higherIsBetter ? value > bestValue : value < bestValue)))
            {
                (best, bestValue) = (run, value);
            }
        }

        return best;
    }

    /// <inheritdoc/>
    public async Task DeleteAsync(string experiment, string run, CancellationToken cancellationToken = default)
    {
        var record = await ReadAsync(experiment, run, cancellationToken).ConfigureAwait(false);
        if (record.Status == RunStatus.Running)
        {
            throw new InvalidOperationException($"Expected run '{record.Name}' of experiment '{experiment}' to have ended before it is deleted, but it is still running.");
        }

        var folder = ExperimentFolder(experiment);
        var gone = DurableFile.TemporaryPath(folder);
        try
        {
            Directory.Move(FolderOf(experiment, record.Name).Path, gone);
        }
        catch (DirectoryNotFoundException)
        {
            throw new RunNotFoundException(experiment, run);
        }

        _disk.SyncDirectory(folder);
        Directory.Delete(gone, recursive: true);
        if (record.Id.Length > 0)
        {
            File.Delete(RunFolder.Lock(folder, record.Id));
        }
    }

    private static IEnumerable<string> Names(string folder)
        => Directory.Exists(folder) ? Directory.GetDirectories(folder).Select(d => Path.GetFileName(d)).Where(PlatformName.IsValid).Order(StringComparer.Ordinal) : [];

    private static void RequireKeys(IReadOnlyDictionary<string, string> values, string what)
    {
        foreach (var (name, value) in values)
        {
            RunNames.RequireKey(name, what, "description");
            ArgumentNullException.ThrowIfNull(value, "description");
        }
    }

    private RunHeader Describe(RunDescription description)
    {
        PlatformName.Require(description.Experiment, "experiment", nameof(description));
        RequireKeys(description.Parameters, "parameter");
        RequireKeys(description.Tags, "tag");
        if (description.Name is { } name)
        {
            PlatformName.Require(name, "run", nameof(description));
        }

        var now = _time.GetUtcNow();
        var id = PredictionIdGenerator.Next(now.ToUnixTimeMilliseconds()).ToString().Replace("-", string.Empty, StringComparison.Ordinal);
        return new RunHeader
        {
            Id = id,
            Experiment = description.Experiment,
            Name = description.Name ?? id,
            StartedAt = now,
            CodeVersion = description.CodeVersion ?? RunEnvironment.CodeVersion(),
            Environment = RunEnvironment.Current(),
            TrainingSetHash = description.TrainingSet?.ContentHash,
            TrainingSetRowCount = description.TrainingSet?.RowCount,
            ParentRunId = description.ParentRunId,
            Parameters = description.Parameters,
            Tags = description.Tags,
        };
    }

    /// <returns>Null when the name is taken.</returns>
    private ActiveRun? TryStart(RunHeader header)
    {
        var experiment = ExperimentFolder(header.Experiment);
        var folder = FolderOf(header.Experiment, header.Name);
        DurableFile.CreateDirectories(_disk, RunFolder.LockFolder(experiment));
        var runLock = RunLock.Acquire(RunFolder.Lock(experiment, header.Id));
        try
        {
            if (!TryPublish(header, experiment, folder))
            {
                runLock.Dispose();
                return null;
            }

            return new ActiveRun(header, header.Parameters, _disk, folder, new RunLog(_disk, folder, header.Id, _options, _time, _logger), runLock, _time);
        }
        catch
        {
            runLock.Dispose();
            throw;
        }
    }

    private ActiveRun Continue(RunHeader header, RunFolder folder)
    {
        var experiment = ExperimentFolder(header.Experiment);
        DurableFile.CreateDirectories(_disk, RunFolder.LockFolder(experiment));
        var runLock = RunLock.TryAcquire(RunFolder.Lock(experiment, header.Id)) ?? throw NotKilled(header, "it is still running");
        try
        {
            // Only now nobody else can end it.
            var record = RunReader.TryRead(experiment, header.Name) ?? throw new RunNotFoundException(header.Experiment, header.Name);
            if (record.EndedAt is not null)
            {
                throw NotKilled(header, $"it has ended ({record.Status})");
            }

            var log = new RunLog(_disk, folder, header.Id, _options, _time, _logger, (folder.LastSegment(), record.LastEntryNumber));
            return new ActiveRun(header, record.Parameters, _disk, folder, log, runLock, _time);
        }
        catch
        {
            runLock.Dispose();
            throw;
        }
    }

    private static InvalidOperationException NotKilled(RunHeader header, string found)
        => new($"Expected run '{header.Name}' of experiment '{header.Experiment}' to have been killed, but {found}: start another one.");

    private bool TryPublish(RunHeader header, string experimentFolder, RunFolder folder)
    {
        var staged = DurableFile.TemporaryPath(experimentFolder);
        try
        {
            Directory.CreateDirectory(staged);
            File.WriteAllBytes(new RunFolder(staged).Header, header.ToJson());
            return DurableFile.PublishDirectory(_disk, staged, folder.Path);
        }
        finally
        {
            if (Directory.Exists(staged))
            {
                Directory.Delete(staged, recursive: true);
            }
        }
    }

    private List<RunRecord> List(string experiment, CancellationToken cancellationToken)
    {
        var folder = ExperimentFolder(experiment);
        var runs = new List<RunRecord>();
        foreach (var name in Names(folder))
        {
            cancellationToken.ThrowIfCancellationRequested();
            if (RunReader.TryRead(folder, name) is { } run)
            {
                runs.Add(run);
            }
        }

        return [.. runs.OrderBy(r => r.StartedAt).ThenBy(r => r.Id, StringComparer.Ordinal)];
    }

    private RunRecord Read(string experiment, string run, CancellationToken cancellationToken)
        => RunReader.TryRead(ExperimentFolder(experiment), run)
        ?? List(experiment, cancellationToken).FirstOrDefault(r => r.Id == run)
        ?? throw new RunNotFoundException(experiment, run);

    private string ExperimentFolder(string experiment) => Path.Combine(_root, experiment);

    private RunFolder FolderOf(string experiment, string run) => new(Path.Combine(ExperimentFolder(experiment), run));
}
