using Microsoft.Extensions.Diagnostics.HealthChecks;
using Microsoft.Extensions.Logging;
using Mlp.Monitoring.Redaction;
using Mlp.Monitoring.Sampling;
using Mlp.Monitoring.Segments;
using Mlp.Runtime.Predictions;
using Mlp.Runtime.Storage;

namespace Mlp.Monitoring.PredictionLog;

/// <summary>
/// The log of one model version. Callers copy their prediction into one of a few rings and go on; one task takes the predictions out every commit interval, turns them into Arrow and has them flushed. Between two intervals
/// it takes out only what would overflow the rings, and flushes only what would overflow the memory.
/// <see cref="Record"/> and <see cref="FlushAsync"/> are safe for many threads.
/// </summary>
internal sealed class ModelLog : IAsyncDisposable
{
    /// <summary>So many bytes that wait are flushed before the commit interval has passed.</summary>
    private const long MaximumPendingByteCount = 4 * 1024 * 1024;

    private static readonly TimeSpan FirstRetryDelay = TimeSpan.FromSeconds(1);
    private static readonly TimeSpan LongestRetryDelay = TimeSpan.FromMinutes(1);

    private readonly ServedModel _model;
    private readonly TimeProvider _timeProvider;
    private readonly ILogger _logger;
    private readonly BatchWatch _watch;
    private readonly RecordBuffer _buffer;
    private readonly PredictionSampler? _sampler;
    private readonly PredictionBatch _batch;
    private readonly PredictionBatch? _leftOut;
    private readonly ArrowFrames _frames;
    private readonly SegmentWriter _segments;
    private readonly SemaphoreSlim _wake = new(0);
    private readonly PendingFlushes _flushes;
    private readonly Queue<(AppendedFrame Frame, int Rows)> _appended = new();
    private readonly ITimer _timer;
    private readonly Task _loop;
    private Task _commit = Task.CompletedTask;
    private bool _hasTicked;
    private bool _isDue;
    private Exception? _failure;
    private TimeSpan _retryDelay;
    private long _failedAt;
    private bool _isClosing;
    private bool _isFinished;

    /// <summary>Allocates the rings and starts the task.</summary>
    public ModelLog(
        ServedModel model,
        string directory,
        PredictionLogConfiguration configuration,
        IDiskSync disk,
        TimeProvider timeProvider,
        ILogger logger,
        IReadOnlyList<IPredictionBatchListener>? listeners = null)
    {
        _model = model;
        _flushes = new PendingFlushes(model.Manifest.Name, model.Manifest.Version);
        _timeProvider = timeProvider;
        _logger = logger;
        _watch = new BatchWatch(listeners ?? [], NoticeFailedListener);
        var redaction = configuration.RedactionOf(model.Manifest.Name);
        var schema = new PredictionSchema(model, redaction);
        var format = new RecordFormat(model.Layout, FeatureRedactor.For(redaction, model.Layout), KeyRedactor.For(redaction, model.Keys), TagRedactor.For(redaction));
        _sampler = PredictionSampler.For(configuration.SamplingOf(model.Manifest.Name), model);
        _buffer = new RecordBuffer(format, configuration.BufferByteCount, _sampler, _watch.IsAny, Wake, configuration.RingCount);
        _batch = new PredictionBatch(model, schema, format);
        _leftOut = _sampler is not null && _watch.IsAny ? new PredictionBatch(model, schema, format, isLeftOut: true) : null;
        _frames = new ArrowFrames(schema.Arrow);
        _segments = new SegmentWriter(model, directory, _frames.SchemaMessage, configuration, disk, timeProvider, redaction, NoticeClockSetBack);
        _timer = timeProvider.CreateTimer(static state => ((ModelLog)state!).Tick(), this, configuration.CommitInterval, configuration.CommitInterval);
        _loop = Task.Run(RunAsync);
    }

    /// <summary>The version.</summary>
    public ServedModel Model => _model;

    /// <summary>How many sinks lead here; guarded by the owner's lock.</summary>
    public int Holders { get; set; }

    /// <summary>The counts now.</summary>
    public LogStatistics Statistics => _buffer.Snapshot(_model.Manifest.Name, _model.Manifest.Version) with { SamplingRuleFailures = _sampler?.RuleFailures ?? 0 };

    /// <summary>Why nothing can be written at the moment, or null.</summary>
    public Exception? Failure => Volatile.Read(ref _failure);

    /// <summary>Paths of the segments that are written.</summary>
    public IReadOnlyList<string> OpenSegments => _segments.Paths;

    /// <summary>Gives a variant its index. Not on the request path.</summary>
    public int AddVariant(string variant) => _buffer.AddVariant(variant);

    /// <summary>Copies a prediction. Never throws, never waits, never allocates.</summary>
    public void Record(in PredictionRecord record, int variant) => _buffer.Put(record, variant);

    /// <summary>Completes when every prediction recorded before the call is on the device or counted as dropped.</summary>
    /// <exception cref="IOException">The disk refused what was pending; it is counted as dropped.</exception>
    public Task FlushAsync(CancellationToken cancellationToken)
    {
        var flush = _flushes.Add();
        Wake();
        if (Volatile.Read(ref _isFinished))
        {
            _flushes.Complete(_flushes.Take(), failure: null);
        }

        return flush.WaitAsync(cancellationToken);
    }

    /// <summary>Takes nothing more, writes what is pending and seals the segment.</summary>
    public async ValueTask DisposeAsync()
    {
        Volatile.Write(ref _isClosing, true);
        Wake();
        await _loop.ConfigureAwait(false);
    }

    /// <summary>How the log is doing.</summary>
    public HealthCheckResult CheckHealth()
    {
        var statistics = Statistics;
        return Failure is { } failure
            ? HealthCheckResult.Unhealthy($"The predictions of model '{statistics.Model}' version {statistics.Version} cannot be written; {statistics.Dropped} were dropped so far.", failure)
            : HealthCheckResult.Healthy();
    }

    private void Tick()
    {
        Volatile.Write(ref _hasTicked, true);
        Wake();
    }

    /// <summary>What was asked for before the call is seen by the task: by this wake, or by one before that it has not had yet.</summary>
    private void Wake()
    {
        // The request must be written before the count is read; a processor may do it the other way round.
        Interlocked.MemoryBarrier();
        if (_wake.CurrentCount == 0)
        {
            _wake.Release();
        }
    }

    private async Task RunAsync()
    {
        var isClosing = false;
        while (!isClosing)
        {
            await _wake.WaitAsync().ConfigureAwait(false);

            // As in Wake: the count must go down before the requests are read.
            Interlocked.MemoryBarrier();
            isClosing = Volatile.Read(ref _isClosing);
            var flushes = _flushes.Take();
            var isUrgent = isClosing || flushes.Count > 0;
            _isDue |= Interlocked.Exchange(ref _hasTicked, false);
            if (!isUrgent && Failure is not null && _timeProvider.GetElapsedTime(_failedAt) < _retryDelay)
            {
                // While the disk refuses, the rings hold what they can.
                continue;
            }

            if (isClosing)
            {
                _buffer.Seal();
            }

            var failure = await WriteAsync(isUrgent).ConfigureAwait(false);
            _flushes.Complete(flushes, failure);
            _sampler?.TellOfRuleFailure(_logger, _model);
            if (_buffer.IsFilling)
            {
                Wake();
            }
        }

        await _timer.DisposeAsync().ConfigureAwait(false);
        _segments.Dispose();
        _frames.Dispose();
        _watch.Dispose();

        // Whoever asks for a flush from here on sees the flag, and whoever asked before is answered below.
        Interlocked.Exchange(ref _isFinished, true);
        _flushes.Complete(_flushes.Take(), failure: null);
    }

    /// <summary>
    /// Takes and flushes what is due. While the device is busy with one commit there is no other: what comes then waits in the rings, or where these fill in memory, so that a slow flush costs no predictions as long as there is some.
    /// </summary>
    private async Task<Exception?> WriteAsync(bool mustComplete)
    {
        var failure = mustComplete || _commit.IsCompleted ? await FinishCommitAsync().ConfigureAwait(false) : null;
        if (failure is not null && !mustComplete)
        {
            return failure;
        }

        var commits = mustComplete || (_isDue && _commit.IsCompleted);
        if (commits || _buffer.IsFilling)
        {
            var appendFailure = await TakeAsync(mustComplete).ConfigureAwait(false);
            failure ??= appendFailure;
        }

        if (commits || (_commit.IsCompleted && (_segments.PendingByteCount >= MaximumPendingByteCount || (_appended.Count > 0 && _segments.IsDue))))
        {
            var commitFailure = await CommitAsync(mustComplete).ConfigureAwait(false);
            failure ??= commitFailure;
        }

        return failure;
    }

    private async Task<Exception?> TakeAsync(bool mustComplete)
    {
        Exception? firstFailure = null;
        var mark = _buffer.Mark();
        bool isMore;
        do
        {
            isMore = _buffer.TakeInto(_batch, _leftOut, mark, mustComplete);
            var failure = await AppendAsync().ConfigureAwait(false);
            firstFailure ??= failure;
        }
        while (isMore && (firstFailure is null || mustComplete));
        return firstFailure;
    }

    private async Task<Exception?> AppendAsync()
    {
        var rows = _batch.RowCount;
        try
        {
            await TellOfLeftOutAsync().ConfigureAwait(false);
            if (rows > 0)
            {
                using var batch = _batch.Build();
                await _watch.TellAsync(_sampler is null ? batch : _batch.BuildUnsampled(batch)).ConfigureAwait(false);
                _appended.Enqueue((_segments.Append(_frames.BatchMessage(batch)), rows));
            }

            return null;
        }
#pragma warning disable CA1031 // The log goes on whatever the disk says.
        catch (Exception e)
#pragma warning restore CA1031
        {
            await FinishCommitAsync().ConfigureAwait(false);
            Fail(e, rows);
            return e;
        }
        finally
        {
            _batch.Clear();
        }
    }

    /// <summary>Lets the device have what was appended, and ends the segment where it is due. No commit is under way.</summary>
    private async Task<Exception?> CommitAsync(bool mustComplete)
    {
        _isDue = false;
        if (_appended.Count == 0 && !_segments.IsDue)
        {
            return null;
        }

        _commit = _segments.CommitAsync();
        if (mustComplete || _commit.IsCompleted)
        {
            return await FinishCommitAsync().ConfigureAwait(false);
        }

        _ = _commit.ContinueWith(static (_, log) => ((ModelLog)log!).Wake(), this, CancellationToken.None, TaskContinuationOptions.ExecuteSynchronously, TaskScheduler.Default);
        return null;
    }

    /// <summary>Waits for the commit under way and counts what it wrote.</summary>
    private async Task<Exception?> FinishCommitAsync()
    {
        try
        {
            await _commit.ConfigureAwait(false);
            if (CountWritten())
            {
                Recover();
            }

            return null;
        }
#pragma warning disable CA1031 // The log goes on whatever the disk says.
        catch (Exception e)
#pragma warning restore CA1031
        {
            _commit = Task.CompletedTask;
            Fail(e, lostRows: 0);
            return e;
        }
    }

    private async ValueTask TellOfLeftOutAsync()
    {
        if (_leftOut is not { RowCount: > 0 and var rows })
        {
            return;
        }

        try
        {
            using var batch = _leftOut.Build();
            await _watch.TellAsync(batch).ConfigureAwait(false);
        }
        finally
        {
            _leftOut.Clear();
            _buffer.Counters.LeaveOut(0, rows);
        }
    }

    private void NoticeFailedListener(IPredictionBatchListener listener, Exception failure)
    {
        _buffer.Counters.NoticeFailedListener();
        _logger.LogError(
            failure,
            "Watching the predictions of model {Model} version {Version} by {Listener} failed and is off.",
            _model.Manifest.Name,
            _model.Manifest.Version,
            listener.GetType().Name);
        if (!_watch.IsAny)
        {
            _buffer.EndWatch();
        }
    }

    /// <summary>Counts what is on the device. A flush takes with it what was appended since it was asked for.</summary>
    private bool CountWritten()
    {
        var rows = 0L;
        while (_appended.TryPeek(out var batch) && batch.Frame.IsDurable)
        {
            rows += _appended.Dequeue().Rows;
        }

        _buffer.Counters.Write(rows);
        return rows > 0;
    }

    /// <summary>Gives up what is not on the device.</summary>
    private void Fail(Exception failure, long lostRows)
    {
        _segments.Abandon();
        CountWritten();
        _buffer.Counters.Drop(0, DropReason.Disk, lostRows + _appended.Sum(batch => (long)batch.Rows));
        _appended.Clear();
        if (Failure is null)
        {
            _logger.LogError(
                failure,
                "Predictions of model {Model} version {Version} cannot be written and are dropped; trying again until the disk takes them.",
                _model.Manifest.Name,
                _model.Manifest.Version);
        }

        _failedAt = _timeProvider.GetTimestamp();
        _retryDelay = _retryDelay == TimeSpan.Zero ? FirstRetryDelay : TimeSpan.FromTicks(Math.Min(_retryDelay.Ticks * 2, LongestRetryDelay.Ticks));
        Volatile.Write(ref _failure, failure);
    }

    private void NoticeClockSetBack(TimeSpan by)
    {
        _buffer.Counters.NoticeClockSetBack();
        _logger.LogWarning(
            "The clock went back by {Seconds} s: the predictions of model {Model} version {Version} are written on, and read in an order that is not that of their writing.",
            by.TotalSeconds,
            _model.Manifest.Name,
            _model.Manifest.Version);
    }

    private void Recover()
    {
        if (Failure is null)
        {
            return;
        }

        _retryDelay = TimeSpan.Zero;
        Volatile.Write(ref _failure, null);
        _logger.LogInformation("Predictions of model {Model} version {Version} are written again.", _model.Manifest.Name, _model.Manifest.Version);
    }
}
