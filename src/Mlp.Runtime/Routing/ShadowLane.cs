using Microsoft.Extensions.Logging;
using Mlp.Runtime.Data;
using Mlp.Runtime.Inference;
using Mlp.Runtime.Predictions;
using Mlp.Runtime.Versions;

namespace Mlp.Runtime.Routing;

/// <summary>
/// One shadow at work: callers put rows into a bounded queue and go on, and one background task runs them on the shadow's version while no call waits for a slot. Full means dropped, and counted.
/// Thread-safe.
/// </summary>
internal sealed class ShadowLane : IAsyncDisposable
{
    /// <summary>How often an idle worker looks whether rows wait. Nobody wakes it: that would cost the callers.</summary>
    private static readonly TimeSpan LookInterval = TimeSpan.FromMilliseconds(10);

    private readonly ServingTarget _target;
    private readonly Func<bool> _isBusy;
    private readonly double _sampleRate;
    private readonly int _capacity;
    private readonly PredictionClock _clock;
    private readonly ILogger _logger;
    private readonly SemaphoreSlim _wake = new(0);
    private readonly CancellationTokenSource _stopping = new();
    private readonly Task _worker;
    private volatile ShadowRing? _ring;
    private bool _hasLogged;

    /// <summary>Starts the worker.</summary>
    /// <param name="target">Where the shadow's version is.</param>
    /// <param name="sampleRate">Share of the calls that it sees.</param>
    /// <param name="capacity">Rows that may wait.</param>
    /// <param name="isBusy">Whether calls of the model wait for a slot, so that the shadow shall not run.</param>
    /// <param name="clock">The clock of calls.</param>
    /// <param name="logger">Told of the first failure of each version.</param>
    public ShadowLane(ServingTarget target, double sampleRate, int capacity, Func<bool> isBusy, PredictionClock clock, ILogger logger)
    {
        _target = target;
        _sampleRate = sampleRate;
        _capacity = capacity;
        _isBusy = isBusy;
        _clock = clock;
        _logger = logger;
        _worker = Task.Run(() => WorkAsync(_stopping.Token));
    }

    /// <summary>The rows that wait; null while the shadow has no version.</summary>
    public ShadowRing? Ring => _ring;

    /// <summary>What came of it, since the shadow got its version.</summary>
    public ShadowAgreement Agreement { get; private set; } = new();

    /// <summary>Whether the next call is one that the shadow sees.</summary>
    public bool IsSampled() => _sampleRate >= 1 || EvenSequence.NextSample(_sampleRate);

    /// <summary>Puts an answered prediction into the queue.</summary>
    /// <param name="ring">The queue.</param>
    /// <param name="record">What was served.</param>
    /// <param name="call">By which the shadow reads features of its own; null for a copy of the row.</param>
    /// <param name="score">Reads the score that was served.</param>
    public void Put(ShadowRing ring, in PredictionRecord record, IShadowCall? call, ScoreReader score)
    {
        if (!ring.TryClaim(out var row, out var turn))
        {
            Agreement.Drop();
            return;
        }

        row.Keep(in record, call, score);
        Agreement.Accept();
        ShadowRing.Publish(row, turn);
    }

    /// <summary>Ends the worker; what waits is dropped.</summary>
    public async ValueTask DisposeAsync()
    {
        await _stopping.CancelAsync().ConfigureAwait(false);
        await _worker.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        _ring = null;
        _stopping.Dispose();
        _wake.Dispose();
    }

    private void Wake()
    {
        try
        {
            if (_wake.CurrentCount == 0)
            {
                _wake.Release();
            }
        }
        catch (ObjectDisposedException)
        {
            // The shadow has just left the route.
        }
    }

    private async Task WorkAsync(CancellationToken cancellationToken)
    {
        using var timer = _clock.Time.CreateTimer(static lane => ((ShadowLane)lane!).Wake(), this, LookInterval, LookInterval);
        while (true)
        {
            await _wake.WaitAsync(cancellationToken).ConfigureAwait(false);
            var ring = FollowTarget();
            while (ring is not null && !_isBusy() && ReferenceEquals(ring.Version, _target.Current) && ring.Peek(0) is not null)
            {
                cancellationToken.ThrowIfCancellationRequested();
                await RunAsync(ring, cancellationToken).ConfigureAwait(false);
            }
        }
    }

    /// <summary>A new version of the shadow begins with an empty queue and empty statistics.</summary>
    private ShadowRing? FollowTarget()
    {
        var (ring, version) = (_ring, _target.Current);
        if (ReferenceEquals(ring?.Version, version))
        {
            return ring;
        }

        _hasLogged = false;
        if (version is null || version.Outputs is null)
        {
            return _ring = null;
        }

        var fresh = new ShadowRing(version, _capacity);
        Agreement = new ShadowAgreement();
        return _ring = fresh;
    }

    private async Task RunAsync(ShadowRing ring, CancellationToken cancellationToken)
    {
        var count = 0;
        try
        {
            if (ring.Peek(0)!.Call is { } call)
            {
                count = 1;
                await new ShadowRun(ring.Version, Agreement, 1 / _sampleRate, _clock).RunCallAsync(ring.Peek(0)!, call, cancellationToken).ConfigureAwait(false);
                return;
            }

            while (count < ServingVersion.BatchRows && ring.Peek(count) is { Call: null })
            {
                count++;
            }

            await new ShadowRun(ring.Version, Agreement, 1 / _sampleRate, _clock).RunRowsAsync(ring, count, cancellationToken).ConfigureAwait(false);
        }
        catch (Exception e) when (!cancellationToken.IsCancellationRequested)
        {
            if (!_hasLogged)
            {
                _hasLogged = true;
                _logger.LogWarning(e, "Shadow {Shadow} of model {Model} failed; those who call the model do not notice.", _target.Variant, _target.Model);
            }
        }
        finally
        {
            ring.Release(count);
        }
    }
}
