namespace Mlp.Monitoring.Alerts;

/// <summary>What alerts remember from one process to the next.</summary>
internal sealed record AlertStateDocument
{
    /// <summary>The newest format this version writes and reads.</summary>
    public const int CurrentFormatVersion = 1;

    /// <summary>What the file says that it is.</summary>
    public const string FormatName = "mlp-alert-state";

    public string Format { get; init; } = FormatName;

    public int FormatVersion { get; init; } = CurrentFormatVersion;

    public required IReadOnlyList<AlertInstance> Instances { get; init; }

    public required IReadOnlyList<WebhookDelivery> Deliveries { get; init; }
}
