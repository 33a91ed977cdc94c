using System.ComponentModel.DataAnnotations;

namespace Mlp.Monitoring.Alerts;

/// <summary>Settings of one webhook: where alerts are posted as JSON.</summary>
public sealed class WebhookOptions
{
    /// <summary>Absolute address, http or https.</summary>
    [Required]
    public string Url { get; set; } = string.Empty;

    /// <summary>The key of the signature (HMAC-SHA256) in the header <c>Mlp-Signature</c>, which shows the receiver that the alert is ours.</summary>
    /// <value>The default value is null: no signature.</value>
    public string? Secret { get; set; }

    /// <summary>Alerts less urgent are not posted.</summary>
    /// <value>The default value is <see cref="AlertSeverity.Info"/>: all are.</value>
    [EnumDataType(typeof(AlertSeverity))]
    public AlertSeverity MinimumSeverity { get; set; }

    /// <summary>How long an answer is waited for, 100 milliseconds to 5 minutes.</summary>
    /// <value>The default value is 10 seconds.</value>
    [Range(typeof(TimeSpan), "00:00:00.100", "00:05:00")]
    public TimeSpan Timeout { get; set; } = TimeSpan.FromSeconds(10);

    /// <summary>How long to wait before the second attempt, 10 milliseconds to 1 hour; each later wait is twice as long, less up to a half by chance.</summary>
    /// <value>The default value is 1 second.</value>
    [Range(typeof(TimeSpan), "00:00:00.010", "01:00:00")]
    public TimeSpan FirstRetryInterval { get; set; } = TimeSpan.FromSeconds(1);

    /// <summary>The longest wait between two attempts, 10 milliseconds to 1 day.</summary>
    /// <value>The default value is 5 minutes.</value>
    [Range(typeof(TimeSpan), "00:00:00.010", "1.00:00:00")]
    public TimeSpan MaximumRetryInterval { get; set; } = TimeSpan.FromMinutes(5);

    /// <summary>How long an alert is tried to be delivered, 1 second to 30 days; then it is given up, counted and logged.</summary>
    /// <value>The default value is 1 day.</value>
    [Range(typeof(TimeSpan), "00:00:01", "30.00:00:00")]
    public TimeSpan GiveUpAfter { get; set; } = TimeSpan.FromDays(1);

    /// <summary>Alerts that wait to be delivered, 1 to 10,000; beyond, the oldest is given up.</summary>
    /// <value>The default value is 1,000.</value>
    [Range(1, 10_000)]
    public int MaximumPendingCount { get; set; } = 1_000;
}
