using System.Text.Json.Serialization;

namespace Mlp.Monitoring.Alerts;

/// <summary>Where an alert is in its life.</summary>
public enum AlertState
{
    /// <summary>What the rule watches for is the case.</summary>
    [JsonStringEnumMemberName("firing")]
    Firing = 0,

    /// <summary>It is over.</summary>
    [JsonStringEnumMemberName("resolved")]
    Resolved = 1,
}
