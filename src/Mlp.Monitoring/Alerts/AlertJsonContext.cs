using System.Text.Json.Serialization;
using Mlp.Runtime.Storage;

namespace Mlp.Monitoring.Alerts;

/// <summary>How alerts are written as JSON, in the state file and to webhooks.</summary>
[JsonSourceGenerationOptions(
    PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase,
    DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull,
    NumberHandling = JsonNumberHandling.AllowNamedFloatingPointLiterals,
    RespectNullableAnnotations = true,
    RespectRequiredConstructorParameters = false,
    Converters = [typeof(EnumTermConverter<AlertSeverity>), typeof(EnumTermConverter<AlertState>), typeof(EnumTermConverter<AlertPhase>)],
    WriteIndented = true,
    NewLine = "\n")]
[JsonSerializable(typeof(AlertStateDocument))]
[JsonSerializable(typeof(WebhookBody))]
internal sealed partial class AlertJsonContext : JsonSerializerContext;
