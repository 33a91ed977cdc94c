using Microsoft.Extensions.Diagnostics.HealthChecks;
using Microsoft.Extensions.Logging;
using Mlp.Monitoring.PredictionLog;
using Mlp.Monitoring.Segments;
using Mlp.Runtime;
using Mlp.Runtime.Data;
using Mlp.Runtime.Hosting;
using Mlp.Runtime.Storage;

namespace Mlp.Monitoring.Compaction;

/// <summary>
/// Turns sealed segments of the prediction logs into Parquet files and deletes what is too old or too much. Runs in the process that owns the data directory, beside writers and readers. A Parquet file is
/// whole and on the device before it has its name, and its segment is deleted after: at every moment one of the two can be read. Thread-safe; one pass runs at a time.
/// </summary>
internal sealed class LogMaintenance : IPlatformComponent, IDisposable
{
    private readonly DataDirectory _directory;
    private readonly PredictionLogWriter _writer;
    private readonly MaintenanceConfiguration _configuration;
    private readonly DuckDbSettings _settings;
    private readonly IDiskSync _disk;
    private readonly TimeProvider _timeProvider;
    private readonly ILogger<LogMaintenance> _logger;
    private readonly SemaphoreSlim _gate = new(1, 1);
    private readonly CancellationTokenSource _stop = new();
    private Task _loop = Task.CompletedTask;
    private long _compacted;
    private long _expired;
    private long _damaged;
    private long _lostBytes;
    private long _failed;
    private string? _problem;

    /// <summary>Creates the maintenance; nothing is done.</summary>
    public LogMaintenance(
        DataDirectory directory,
        PredictionLogWriter writer,
        MaintenanceConfiguration configuration,
        DuckDbSettings settings,
        IDiskSync disk,
        TimeProvider timeProvider,
        ILogger<LogMaintenance> logger)
    {
        _directory = directory;
        _writer = writer;
        _configuration = configuration;
        _settings = settings;
        _disk = disk;
        _timeProvider = timeProvider;
        _logger = logger;
    }

    /// <inheritdoc/>
    public string Name => "prediction-log-maintenance";

    /// <inheritdoc/>
    public PlatformStage Stage => PlatformStage.Monitoring;

    /// <summary>The counts now.</summary>
    public MaintenanceStatistics Statistics => new(Interlocked.Read(ref _compacted), Interlocked.Read(ref _expired), Interlocked.Read(ref _damaged), Interlocked.Read(ref _failed)) { LostBytes = Interlocked.Read(ref _lostBytes) };

    /// <inheritdoc/>
    public Task OpenAsync(CancellationToken cancellationToken)
    {
        if (_directory.IsOwner)
        {
            DeleteLeftovers();
            if (_configuration.Compacts || _configuration.MaximumAge is not null || _configuration.MaximumByteCount is not null)
            {
                _loop = Task.Run(LoopAsync, CancellationToken.None);
            }
        }

        return Task.CompletedTask;
    }

    /// <inheritdoc/>
    public async Task CloseAsync(CancellationToken cancellationToken)
    {
        if (!_stop.IsCancellationRequested)
        {
            await _stop.CancelAsync().ConfigureAwait(false);
        }

        await _loop.ConfigureAwait(false);
    }

    /// <inheritdoc/>
    public HealthCheckResult CheckHealth() => Volatile.Read(ref _problem) is { } problem ? HealthCheckResult.Degraded(problem) : HealthCheckResult.Healthy();

    /// <inheritdoc/>
    public void Dispose()
    {
        _gate.Dispose();
        _stop.Dispose();
    }

    /// <summary>One pass over the logs of all models, which repairs damaged segments. What fails is logged, counted and tried again by the next one.</summary>
    /// <param name="cancellationToken">Gives up; nothing half-done is left.</param>
    public Task RunAsync(CancellationToken cancellationToken) => RunAsync(verifies: true, cancellationToken);

    private async Task RunAsync(bool verifies, CancellationToken cancellationToken)
    {
        if (!_directory.IsOwner)
        {
            throw new InvalidOperationException($"Expected to own the data directory '{_directory.Root}', whose predictions shall be compacted or deleted, but this process only reads it.");
        }

        await _gate.WaitAsync(cancellationToken).ConfigureAwait(false);
        try
        {
            await Task.Run(() => Run(verifies, cancellationToken), cancellationToken).ConfigureAwait(false);
        }
        finally
        {
            _gate.Release();
        }
    }

    private async Task LoopAsync()
    {
        using var timer = new PeriodicTimer(_configuration.Interval, _timeProvider);
        try
        {
            while (await timer.WaitForNextTickAsync(_stop.Token).ConfigureAwait(false))
            {
                await RunAsync(verifies: false, _stop.Token).ConfigureAwait(false);
            }
        }
        catch (OperationCanceledException) when (_stop.IsCancellationRequested)
        {
            // The platform stops.
        }
    }

    private void Run(bool verifies, CancellationToken cancellationToken)
    {
        string[] folders = [];
        var problem = Try(_directory.Predictions, () => folders = [.. Folders()]);
        foreach (var folder in folders)
        {
            string? found = null;
            problem = Try(folder, () => found = Maintain(folder, verifies, cancellationToken)) ?? found ?? problem;
        }

        Volatile.Write(ref _problem, problem);
    }

    private string? Maintain(string folder, bool verifies, CancellationToken cancellationToken)
    {
        string? problem = null;

        // Listed before the open ones: what is begun later is not among the files.
        var files = LogFile.List(folder);
        var open = _writer.OpenSegments;
        foreach (var file in files.Where(f => !open.Contains(f.Segment)))
        {
            cancellationToken.ThrowIfCancellationRequested();
            problem = Try(file, f => Compact(f, verifies, cancellationToken)) ?? problem;
        }

        foreach (var file in FindExpired(LogFile.List(folder), open))
        {
            problem = Try(file, Delete) ?? problem;
        }

        return problem;
    }

    private IEnumerable<string> Folders()
        => Directory.Exists(_directory.Predictions) ? Directory.GetDirectories(_directory.Predictions).Where(f => !DurableFile.IsTemporary(f)).Order(StringComparer.Ordinal) : [];

    private string? Try(LogFile file, Action<LogFile> work)
    {
        try
        {
            return Try(file.Segment, () => work(file));
        }
        catch (CorruptFileException e)
        {
            return Repair(file, e);
        }
    }

    /// <returns>What went wrong, or null.</returns>
    /// <exception cref="CorruptFileException">The file is damaged, which is not tried again but repaired.</exception>
    private string? Try(string path, Action work)
    {
        try
        {
            work();
            return null;
        }
#pragma warning disable CA1031 // The log and the host go on whatever happens to one file.
        catch (Exception e) when (e is not (OperationCanceledException or CorruptFileException))
#pragma warning restore CA1031
        {
            Interlocked.Increment(ref _failed);
            _logger.LogError(e, "The prediction log '{Path}' could not be compacted or deleted; it is tried again.", path);
            return $"The prediction log '{path}' could not be compacted or deleted; it is tried again: {e.Message}";
        }
    }

    private void Compact(LogFile file, bool verifies, CancellationToken cancellationToken)
    {
        if (!File.Exists(file.Segment))
        {
            return;
        }

        if (file.IsCompacted)
        {
            // A crash came between the two steps below.
            DurableFile.Delete(_disk, file.Segment);
            return;
        }

        if (!_configuration.Compacts)
        {
            // Compacting finds damage by the way; without it, reading everything is for those who ask.
            if (verifies)
            {
                SegmentRepair.Verify(file.Segment);
            }

            return;
        }

        var staged = DurableFile.TemporaryPath(Path.GetDirectoryName(file.Segment)!);
        try
        {
            var rows = CompactedSegment.Write(file.Segment, staged, _settings, cancellationToken);
            if (rows > 0 && !DurableFile.PublishFile(_disk, staged, file.Compacted))
            {
                throw new IOException($"Expected the name '{file.Compacted}' to be free, but it is taken.");
            }
        }
        finally
        {
            File.Delete(staged);
        }

        DurableFile.Delete(_disk, file.Segment);
        Interlocked.Increment(ref _compacted);
    }

    /// <summary>Takes what readers would stumble over out of their way, and leaves them the rest.</summary>
    private string? Repair(LogFile file, CorruptFileException damage)
    {
        return Try(file, f =>
        {
            var (batches, lostBytes) = SegmentRepair.Run(_disk, f.Segment);
            Interlocked.Increment(ref _damaged);
            Interlocked.Add(ref _lostBytes, lostBytes);
            _logger.LogError(
                damage,
                "The prediction log '{Path}' was damaged and is kept as '{Name}'. What is whole of it, {Batches} batches of predictions, is read on; {LostBytes} bytes are lost.",
                f.Segment,
                Path.GetFileName(f.Segment) + SegmentRepair.DamagedExtension,
                batches,
                lostBytes);
        }) ?? $"The prediction log '{file.Segment}' was damaged; what is whole of it is read on: {damage.Message}";
    }

    private IEnumerable<LogFile> FindExpired(IReadOnlyList<LogFile> files, IReadOnlySet<string> open)
    {
        var bytes = files.Sum(LengthOf);
        var now = Microseconds.FromRequestTime(_timeProvider.GetUtcNow());
        foreach (var file in files)
        {
            var isOld = _configuration.MaximumAge is { } age && file.Begun is { } begun && now - begun > (age + _configuration.SegmentAge).TotalMicroseconds;
            var isTooMuch = _configuration.MaximumByteCount is { } maximum && bytes > maximum;
            if ((isOld || isTooMuch) && !open.Contains(file.Segment))
            {
                bytes -= LengthOf(file);
                yield return file;
            }
        }
    }

    private void Delete(LogFile file)
    {
        // The segment first: with the Parquet file gone before it, its rows would come back.
        DurableFile.Delete(_disk, file.Segment);
        DurableFile.Delete(_disk, file.Compacted);
        Interlocked.Increment(ref _expired);
    }

    private static long LengthOf(LogFile file) => new FileInfo(file.Path) is { Exists: true, Length: var length } ? length : 0;

    /// <summary>What a crash has left unfinished. No log is open yet, so all of it is ours.</summary>
    private void DeleteLeftovers()
    {
        try
        {
            foreach (var path in Folders().SelectMany(folder => Directory.GetFiles(folder, DurableFile.TemporaryPrefix + "*")))
            {
                File.Delete(path);
            }

            if (Directory.Exists(_settings.TemporaryDirectory) && DurableFile.IsTemporary(_settings.TemporaryDirectory))
            {
                Directory.Delete(_settings.TemporaryDirectory, recursive: true);
            }
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            _logger.LogWarning(e, "What a crash has left in '{Path}' could not be deleted; readers pass over it.", _directory.Predictions);
        }
    }
}
