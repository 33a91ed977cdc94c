using System.Threading.Channels;

namespace Mlp.Monitoring.Alerts;

/// <summary>The alerts that wait to be posted to one webhook. Thread-safe.</summary>
internal sealed class WebhookQueue(WebhookConfiguration configuration)
{
    private readonly Lock _gate = new();
    private readonly List<WebhookDelivery> _deliveries = [];
    private readonly Channel<bool> _added = Channel.CreateBounded<bool>(1);

    /// <summary>Settings of the webhook.</summary>
    public WebhookConfiguration Configuration { get; } = configuration;

    /// <summary>Alerts that wait.</summary>
    public int Count
    {
        get
        {
            lock (_gate)
            {
                return _deliveries.Count;
            }
        }
    }

    /// <summary>What waits, oldest first.</summary>
    public IReadOnlyList<WebhookDelivery> Snapshot()
    {
        lock (_gate)
        {
            return [.. _deliveries];
        }
    }

    /// <summary>Adds deliveries.</summary>
    /// <returns>Those that are given up because there is no room; the oldest go first.</returns>
    public IReadOnlyList<WebhookDelivery> Add(params IEnumerable<WebhookDelivery> deliveries)
    {
        List<WebhookDelivery> tooMany;
        lock (_gate)
        {
            _deliveries.AddRange(deliveries);
            tooMany = _deliveries.Take(_deliveries.Count - Configuration.MaximumPendingCount).ToList();
            _deliveries.RemoveRange(0, tooMany.Count);
        }

        // Where one waits to be read already, that one will do.
        _added.Writer.TryWrite(true);
        return tooMany;
    }

    /// <summary>What is due: of one alert its firing before its resolution, of several alerts the one whose time comes first. What waits for longer than any attempt is put off is due: the clock went back.</summary>
    /// <param name="now">The time.</param>
    /// <returns>The delivery, or null and how long to wait; forever where none waits.</returns>
    public (WebhookDelivery? Delivery, TimeSpan Wait) Next(DateTimeOffset now)
    {
        lock (_gate)
        {
            var latest = now + Configuration.MaximumRetryInterval;
            for (var i = 0; i < _deliveries.Count; i++)
            {
                if (_deliveries[i].NextAttemptAt > latest)
                {
                    _deliveries[i] = _deliveries[i] with { CreatedAt = _deliveries[i].CreatedAt > now ? now : _deliveries[i].CreatedAt, NextAttemptAt = now };
                }
            }

            var next = _deliveries.DistinctBy(d => d.Alert.Id).MinBy(d => d.NextAttemptAt);
            return next is null ? (null, Timeout.InfiniteTimeSpan)
                : next.NextAttemptAt <= now ? (next, TimeSpan.Zero)
                : (null, next.NextAttemptAt - now);
        }
    }

    /// <summary>Ends a delivery.</summary>
    /// <param name="delivery">The delivery.</param>
    /// <param name="othersAt">Where given, the others are due then: the webhook works again.</param>
    public void Remove(WebhookDelivery delivery, DateTimeOffset? othersAt)
    {
        lock (_gate)
        {
            _deliveries.RemoveAll(d => d.Id == delivery.Id);
            for (var i = 0; othersAt is { } at && i < _deliveries.Count; i++)
            {
                _deliveries[i] = _deliveries[i] with { NextAttemptAt = at };
            }
        }
    }

    /// <summary>Puts a delivery off.</summary>
    public void Postpone(WebhookDelivery postponed)
    {
        lock (_gate)
        {
            var i = _deliveries.FindIndex(d => d.Id == postponed.Id);
            if (i >= 0)
            {
                _deliveries[i] = postponed;
            }
        }
    }

    /// <summary>Completes after a time, or as soon as something was added.</summary>
    public async Task WaitAsync(TimeSpan wait, TimeProvider timeProvider, CancellationToken cancellationToken)
    {
        using var either = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        var added = _added.Reader.ReadAsync(either.Token).AsTask();
        var delay = Task.Delay(wait, timeProvider, either.Token);
        await Task.WhenAny(added, delay).ConfigureAwait(false);
        await either.CancelAsync().ConfigureAwait(false);
        await Task.WhenAll(added, delay).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        cancellationToken.ThrowIfCancellationRequested();
    }
}
