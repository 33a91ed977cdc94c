using System.Runtime.CompilerServices;
using Apache.Arrow;
using Apache.Arrow.Ipc;
using Microsoft.Extensions.Diagnostics.HealthChecks;
using Microsoft.Extensions.Logging;
using Mlp.Monitoring.Segments;
using Mlp.Runtime;
using Mlp.Runtime.Hosting;
using Mlp.Runtime.Storage;

namespace Mlp.Monitoring.Labels;

/// <summary>
/// Labels, appended and never changed: each writer has a segment of its own, so that many processes can record at once. Everything is kept; of several labels of one
/// name and prediction the one observed last counts, of those observed at the same time the one recorded last, and of those the one of the greatest id. Labels of unknown predictions are kept too: a label may come before its prediction is on the disk.
/// Thread-safe.
/// </summary>
internal sealed class LabelStore : IPlatformComponent, IDisposable
{
    private const int MaximumBatchRows = 4096;

    private readonly string _directory;
    private readonly IDiskSync _disk;
    private readonly TimeProvider _timeProvider;
    private readonly ILogger<LabelStore> _logger;
    private readonly long _maximumSegmentByteCount;
    private readonly Lock _gate = new();
    private readonly LabelBatch _batch = new();
    private ArrowFrames? _frames;
    private LabelSegment? _segment;
    private Exception? _failure;
    private long _count;
    private bool _isClosed;

    /// <summary>Creates the store; nothing is opened before the first label.</summary>
    /// <param name="directory">Where the labels lie.</param>
    /// <param name="disk">Where durability comes from.</param>
    /// <param name="timeProvider">The clock.</param>
    /// <param name="logger">Hears of failures.</param>
    /// <param name="maximumSegmentByteCount">A segment of this size is sealed and another one begun.</param>
    public LabelStore(DataDirectory directory, IDiskSync disk, TimeProvider timeProvider, ILogger<LabelStore> logger, long maximumSegmentByteCount = 64L * 1024 * 1024)
    {
        _directory = directory.Labels;
        _disk = disk;
        _timeProvider = timeProvider;
        _logger = logger;
        _maximumSegmentByteCount = maximumSegmentByteCount;
    }

    /// <inheritdoc/>
    public string Name => "labels";

    /// <inheritdoc/>
    public PlatformStage Stage => PlatformStage.Monitoring;

    /// <summary>Keeps monitoring from being used before the platform was started and after it was closed.</summary>
    public OpenGuard Guard { get; } = new("monitoring");

    /// <summary>Labels recorded by this process.</summary>
    public long RecordedCount => Interlocked.Read(ref _count);

    /// <summary>Records labels: when the task completes they are on the device. Callers who come at the same time share one flush.</summary>
    /// <param name="labels">Labels; recorded all or not at all, up to 4,096 at a time.</param>
    /// <param name="cancellationToken">Ends the wait; the labels may be recorded all the same.</param>
    /// <exception cref="ArgumentException">A label is NaN or infinite, is about nothing or two things, has a name that no label can have, or a time that was never set or lies more than a day after now.</exception>
    /// <exception cref="IOException">The disk refused.</exception>
    /// <exception cref="LogWriteException">The disk refused; trying again may help, since it begins another segment.</exception>
    /// <exception cref="ObjectDisposedException">The store is closed.</exception>
    public async ValueTask RecordAsync(ReadOnlyMemory<Label> labels, CancellationToken cancellationToken)
    {
        ThrowIfNotUsable(labels.Span, _timeProvider.GetUtcNow());
        cancellationToken.ThrowIfCancellationRequested();
        for (var start = 0; start < labels.Length; start += MaximumBatchRows)
        {
            var part = labels.Slice(start, Math.Min(MaximumBatchRows, labels.Length - start));
            var (segment, position) = Append(part.Span);
            try
            {
                await segment.Log.CommitAsync(position, cancellationToken).ConfigureAwait(false);
            }
            catch (LogWriteException e)
            {
                Fail(segment, e);
                throw;
            }
            finally
            {
                Leave(segment);
            }

            Interlocked.Add(ref _count, part.Length);
            Volatile.Write(ref _failure, null);
        }
    }

    /// <summary>Reads every label of every writer, corrections included.</summary>
    /// <param name="cancellationToken">Ends the reading.</param>
    /// <returns>Batches of the columns of <see cref="LabelColumns"/>; disposing them is not needed.</returns>
    public async IAsyncEnumerable<RecordBatch> ReadAsync([EnumeratorCancellation] CancellationToken cancellationToken = default)
    {
        foreach (var path in SegmentFormat.List(_directory))
        {
            using var frames = FrameLogReader.Open(path);
            LabelSegmentHeader.Read(frames);
            using var stream = new FrameStream(frames);
            using var arrow = new ArrowStreamReader(stream, ManagedAllocator.Instance, leaveOpen: true);
            while (!stream.IsAtEnd && await arrow.ReadNextRecordBatchAsync(cancellationToken).ConfigureAwait(false) is { } batch)
            {
                yield return batch;
            }
        }
    }

    /// <summary>About how many labels lie on the disk, corrections included, from the size of the segments: a label takes 100 bytes, or more where few were recorded at a time.</summary>
    public long EstimateCount() => SegmentFormat.List(_directory).Sum(path => new FileInfo(path).Length) / 100;

    /// <summary>Follows what is recorded.</summary>
    /// <param name="passesDamage">Whether a damaged segment is read up to its damage and the others go on; otherwise it is an error.</param>
    public SegmentFollower<LabelSegmentHeader> Follow(bool passesDamage = false) => new(_directory, LabelSegmentHeader.Read) { PassesDamage = passesDamage };

    /// <inheritdoc/>
    public Task OpenAsync(CancellationToken cancellationToken)
    {
        Guard.Open();
        return Task.CompletedTask;
    }

    /// <inheritdoc/>
    public Task CloseAsync(CancellationToken cancellationToken)
    {
        Dispose();
        return Task.CompletedTask;
    }

    /// <inheritdoc/>
    public HealthCheckResult CheckHealth()
        => Volatile.Read(ref _failure) is { } failure ? HealthCheckResult.Unhealthy("Labels cannot be recorded: the last attempt failed.", failure) : HealthCheckResult.Healthy();

    /// <inheritdoc/>
    public void Dispose()
    {
        lock (_gate)
        {
            _isClosed = true;
            Guard.Close();
            Retire();
            _frames?.Dispose();
            _frames = null;
        }
    }

    private static void ThrowIfNotUsable(ReadOnlySpan<Label> labels, DateTimeOffset now)
    {
        for (var i = 0; i < labels.Length; i++)
        {
            if (labels[i].FindProblem(now) is { } problem)
            {
                throw new ArgumentException(
                    $"Expected every label to have a value that is finite or null, and either a prediction or a model with entity key and event time, but found {problem} at index {i}.", nameof(labels));
            }
        }
    }

    /// <summary>Appends labels and enters their segment, which the caller leaves.</summary>
    private (LabelSegment Segment, long Position) Append(ReadOnlySpan<Label> labels)
    {
        lock (_gate)
        {
            ObjectDisposedException.ThrowIf(_isClosed, this);
            try
            {
                _segment ??= Create();
                using var batch = _batch.Build(labels, _timeProvider.GetUtcNow());
                var position = _segment.Log.Append(_frames!.BatchMessage(batch));
                var segment = _segment;
                segment.Enter();
                if (position >= _maximumSegmentByteCount)
                {
                    Retire();
                }

                return (segment, position);
            }
            catch (Exception e) when (e is IOException or UnauthorizedAccessException or LogWriteException)
            {
                Fail(_segment, e);
                throw;
            }
        }
    }

    private void Leave(LabelSegment segment)
    {
        lock (_gate)
        {
            segment.Leave();
        }
    }

    private void Retire()
    {
        _segment?.Retire();
        _segment = null;
    }

    private LabelSegment Create()
    {
        DurableFile.CreateDirectories(_disk, _directory);
        _frames ??= new ArrowFrames(LabelBatch.Schema);
        var createdAt = _timeProvider.GetUtcNow();
        var path = Path.Combine(_directory, $"{Guid.CreateVersion7(createdAt):N}{SegmentFormat.Extension}");
        var segment = FrameLogWriter.Create(_disk, path, new LabelSegmentHeader { CreatedAt = createdAt }.ToJson());
        segment.Append(_frames.SchemaMessage);
        return new LabelSegment(segment);
    }

    private void Fail(LabelSegment? segment, Exception failure)
    {
        lock (_gate)
        {
            if (Volatile.Read(ref _failure) is null)
            {
                _logger.LogError(failure, "Labels cannot be recorded; the next attempt begins another segment.");
            }

            Volatile.Write(ref _failure, failure);
            if (ReferenceEquals(_segment, segment))
            {
                Retire();
            }
        }
    }
}
