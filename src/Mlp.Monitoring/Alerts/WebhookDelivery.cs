namespace Mlp.Monitoring.Alerts;

/// <summary>An alert on its way to a webhook. Immutable.</summary>
/// <param name="Webhook">Name of the webhook.</param>
/// <param name="Alert">The alert.</param>
/// <param name="CreatedAt">When it was given to the webhook.</param>
/// <param name="AttemptCount">How often it was tried.</param>
/// <param name="NextAttemptAt">When it is tried next.</param>
internal sealed record WebhookDelivery(string Webhook, Alert Alert, DateTimeOffset CreatedAt, int AttemptCount, DateTimeOffset NextAttemptAt)
{
    /// <summary>Identifies the delivery, so that a receiver can tell a repetition.</summary>
    public string Id => Alert.State == AlertState.Firing ? $"{Alert.Id}-firing" : $"{Alert.Id}-resolved";
}
