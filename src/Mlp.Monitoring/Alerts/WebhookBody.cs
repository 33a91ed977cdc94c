namespace Mlp.Monitoring.Alerts;

/// <summary>What is posted to a webhook.</summary>
/// <param name="Format">What it is.</param>
/// <param name="FormatVersion">In which version of that.</param>
/// <param name="Id">Identifies the delivery.</param>
/// <param name="Alert">The alert.</param>
internal sealed record WebhookBody(string Format, int FormatVersion, string Id, Alert Alert)
{
    public const string FormatName = "mlp-alert";

    public const int CurrentFormatVersion = 1;

    public static WebhookBody Of(WebhookDelivery delivery) => new(FormatName, CurrentFormatVersion, delivery.Id, delivery.Alert);
}
