namespace Mlp.Monitoring.Alerts;

/// <summary>The validated settings, copied once: what the running code sees.</summary>
internal sealed record AlertConfiguration(
    IReadOnlyList<AlertRule> Rules,
    IReadOnlyList<WebhookConfiguration> Webhooks,
    TimeSpan EvaluationInterval,
    TimeSpan ResolveWhenGoneFor,
    int SubscriberBufferLength)
{
    public static AlertConfiguration From(AlertOptions options) => new(
        [.. options.Rules.OrderBy(r => r.Key, StringComparer.Ordinal).Select(r => AlertRule.From(r.Key, r.Value))],
        [.. options.Webhooks.OrderBy(w => w.Key, StringComparer.Ordinal).Select(w => WebhookConfiguration.From(w.Key, w.Value))],
        options.EvaluationInterval,
        options.ResolveWhenGoneFor,
        options.SubscriberBufferLength);
}
