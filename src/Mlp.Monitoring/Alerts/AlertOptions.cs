using System.ComponentModel.DataAnnotations;

namespace Mlp.Monitoring.Alerts;

/// <summary>Settings of alerts, bound from the configuration section <c>MlPlatform:Monitoring:Alerts</c> and validated at start.</summary>
public sealed class AlertOptions
{
    /// <summary>The key of the section below that of monitoring.</summary>
    internal const string SectionKey = "Alerts";

    /// <summary>The configuration section.</summary>
    public const string SectionName = "MlPlatform:Monitoring:" + SectionKey;

    /// <summary>The rules by name.</summary>
    public IDictionary<string, AlertRuleOptions> Rules { get; } = new Dictionary<string, AlertRuleOptions>(StringComparer.Ordinal);

    /// <summary>The webhooks by name. Each gets every alert.</summary>
    public IDictionary<string, WebhookOptions> Webhooks { get; } = new Dictionary<string, WebhookOptions>(StringComparer.Ordinal);

    /// <summary>How often the rules look at the figures, 100 milliseconds to 1 day.</summary>
    /// <value>The default value is 15 seconds.</value>
    [Range(typeof(TimeSpan), "00:00:00.100", "1.00:00:00")]
    public TimeSpan EvaluationInterval { get; set; } = TimeSpan.FromSeconds(15);

    /// <summary>An alert whose figure is gone for so long, for example because its version has left service, resolves; 1 minute to 30 days.</summary>
    /// <value>The default value is 1 hour.</value>
    [Range(typeof(TimeSpan), "00:01:00", "30.00:00:00")]
    public TimeSpan ResolveWhenGoneFor { get; set; } = TimeSpan.FromHours(1);

    /// <summary>Alerts that wait for a subscriber that is slow, 1 to 100,000; beyond, it misses alerts, which is counted and logged.</summary>
    /// <value>The default value is 256.</value>
    [Range(1, 100_000)]
    public int SubscriberBufferLength { get; set; } = 256;
}
