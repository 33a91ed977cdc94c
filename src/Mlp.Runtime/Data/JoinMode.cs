using System.Text.Json.Serialization;

namespace Mlp.Runtime.Data;

/// <summary>Which feature rows a point-in-time join may see at a time t.</summary>
public enum JoinMode
{
    /// <summary>Rows whose event time is not after t, corrections that arrived later included.</summary>
    [JsonStringEnumMemberName("event-time")]
    EventTime = 1,

    /// <summary>Rows whose event time and created time are both not after t: what was known then, and so what was served online.</summary>
    [JsonStringEnumMemberName("created-time")]
    CreatedTime = 2,
}
