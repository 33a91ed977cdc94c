using System.Text.Json.Serialization;

namespace Mlp.Monitoring.Alerts;

/// <summary>How urgent an alert is.</summary>
public enum AlertSeverity
{
    /// <summary>Good to know.</summary>
    [JsonStringEnumMemberName("info")]
    Info = 0,

    /// <summary>Somebody should look within the day.</summary>
    [JsonStringEnumMemberName("warning")]
    Warning = 1,

    /// <summary>Somebody should look now.</summary>
    [JsonStringEnumMemberName("critical")]
    Critical = 2,
}
