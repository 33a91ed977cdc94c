using System.Text.Json.Serialization;

namespace Mlp.Monitoring.Alerts;

/// <summary>Where a rule is with one subject.</summary>
internal enum AlertPhase
{
    /// <summary>It is not the case.</summary>
    [JsonStringEnumMemberName("quiet")]
    Quiet = 0,

    /// <summary>It is the case, but not yet for long enough.</summary>
    [JsonStringEnumMemberName("pending")]
    Pending = 1,

    /// <summary>The alert fires.</summary>
    [JsonStringEnumMemberName("firing")]
    Firing = 2,
}
