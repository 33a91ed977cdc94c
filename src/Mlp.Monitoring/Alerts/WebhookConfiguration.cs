using System.Text;

namespace Mlp.Monitoring.Alerts;

/// <summary>The validated settings of a webhook, copied once.</summary>
internal sealed record WebhookConfiguration(
    string Name,
    Uri Url,
    byte[]? Secret,
    AlertSeverity MinimumSeverity,
    TimeSpan Timeout,
    TimeSpan FirstRetryInterval,
    TimeSpan MaximumRetryInterval,
    TimeSpan GiveUpAfter,
    int MaximumPendingCount)
{
    public static WebhookConfiguration From(string name, WebhookOptions options) => new(
        name,
        new Uri(options.Url, UriKind.Absolute),
        options.Secret is null ? null : Encoding.UTF8.GetBytes(options.Secret),
        options.MinimumSeverity,
        options.Timeout,
        options.FirstRetryInterval,
        options.MaximumRetryInterval,
        options.GiveUpAfter,
        options.MaximumPendingCount);
}
