using System.Diagnostics.Metrics;
using Mlp.Monitoring.Hosting;

namespace Mlp.Monitoring.Alerts;

/// <summary>The instruments of alerts, on the meter of the library.</summary>
internal sealed class AlertMetrics : IDisposable
{
    private readonly Meter _meter = new(MonitoringMetrics.MeterName);
    private readonly Counter<long> _transitions;
    private readonly Counter<long> _missed;
    private readonly Counter<long> _fallbacks;
    private readonly Counter<long> _failures;
    private readonly Counter<long> _deliveries;
    private volatile Func<IReadOnlyCollection<Alert>> _active = () => [];
    private volatile Func<IEnumerable<(string Webhook, int Count)>> _pending = () => [];

    /// <summary>Creates the instruments.</summary>
    public AlertMetrics()
    {
        _meter.CreateObservableGauge("mlp.alerts.active", Active, "{alert}", "Alerts that fire now.");
        _transitions = _meter.CreateCounter<long>("mlp.alerts.transitions", "{alert}", "Alerts that fired or resolved.");
        _missed = _meter.CreateCounter<long>("mlp.alerts.missed", "{alert}", "Alerts that a slow subscriber did not see.");
        _fallbacks = _meter.CreateCounter<long>("mlp.alerts.fallbacks", "{version}", "Versions that alerts have taken out of service.");
        _failures = _meter.CreateCounter<long>("mlp.alerts.failures", "{failure}", "Figures, state or fallbacks of alerts that failed.");
        _deliveries = _meter.CreateCounter<long>("mlp.webhook.attempts", "{attempt}", "Attempts to post an alert to a webhook.");
        _meter.CreateObservableGauge("mlp.webhook.pending", Pending, "{alert}", "Alerts that wait to be posted.");
    }

    /// <summary>The meter.</summary>
    public Meter Meter => _meter;

    /// <summary>Says where the gauges are read.</summary>
    public void Observe(Func<IReadOnlyCollection<Alert>> active, Func<IEnumerable<(string Webhook, int Count)>> pending) => (_active, _pending) = (active, pending);

    public void Transition(Alert alert)
        => _transitions.Add(1, new("model", alert.Subject.Model), new("rule", alert.Rule), new("state", alert.State == AlertState.Firing ? "firing" : "resolved"));

    public void Missed() => _missed.Add(1);

    public void Fallback(Alert alert) => _fallbacks.Add(1, new("model", alert.Subject.Model), new KeyValuePair<string, object?>("rule", alert.Rule));

    public void Failure(string part) => _failures.Add(1, new KeyValuePair<string, object?>("part", part));

    public void Attempt(string webhook, string outcome) => _deliveries.Add(1, new("webhook", webhook), new KeyValuePair<string, object?>("outcome", outcome));

    public void Dispose() => _meter.Dispose();

    /// <summary>Counted per rule and model, so that the number of time series stays bounded however many features there are.</summary>
    private IEnumerable<Measurement<long>> Active()
        => _active()
            .GroupBy(a => (a.Subject.Model, a.Rule, a.Severity))
            .Select(g => new Measurement<long>(g.Count(), new("model", g.Key.Model), new("rule", g.Key.Rule), new("severity", SeverityOf(g.Key.Severity))));

    private IEnumerable<Measurement<long>> Pending()
        => _pending().Select(p => new Measurement<long>(p.Count, new KeyValuePair<string, object?>("webhook", p.Webhook)));

    private static string SeverityOf(AlertSeverity severity) => severity switch { AlertSeverity.Info => "info", AlertSeverity.Warning => "warning", _ => "critical" };
}
