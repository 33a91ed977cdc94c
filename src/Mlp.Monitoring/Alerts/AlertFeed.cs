using Microsoft.Extensions.Logging;

namespace Mlp.Monitoring.Alerts;

/// <summary>Hands alerts to those who have subscribed, and waits for none of them. Thread-safe.</summary>
internal sealed class AlertFeed(AlertConfiguration configuration, AlertMetrics metrics, ILogger<AlertFeed> logger)
{
    private readonly Lock _gate = new();
    private readonly List<AlertSubscription> _subscriptions = [];
    private bool _hasEnded;

    /// <summary>Begins a subscription; alerts from now on are in it.</summary>
    public AlertSubscription Subscribe()
    {
        var subscription = new AlertSubscription(configuration.SubscriberBufferLength, Leave);
        lock (_gate)
        {
            if (_hasEnded)
            {
                subscription.End();
            }
            else
            {
                _subscriptions.Add(subscription);
            }
        }

        return subscription;
    }

    /// <summary>Hands an alert to every subscriber that has room.</summary>
    public void Publish(Alert alert)
    {
        lock (_gate)
        {
            foreach (var subscription in _subscriptions.Where(s => !s.Offer(alert)))
            {
                metrics.Missed();
                logger.LogWarning(
                    "A subscriber to alerts has missed that alert {Rule} ({Id}) is {State}, and {Count} alerts in all: {Length} wait for it already.",
                    alert.Rule,
                    alert.Id,
                    alert.State,
                    subscription.MissedCount,
                    configuration.SubscriberBufferLength);
            }
        }
    }

    /// <summary>The platform closes.</summary>
    public void End()
    {
        lock (_gate)
        {
            _hasEnded = true;
            _subscriptions.ForEach(s => s.End());
            _subscriptions.Clear();
        }
    }

    private void Leave(AlertSubscription subscription)
    {
        lock (_gate)
        {
            _subscriptions.Remove(subscription);
        }
    }
}
