using System.Text.Json.Serialization;

namespace Mlp.Runtime.Routing;

/// <summary>Where a canary stands.</summary>
public enum CanaryStatus
{
    /// <summary>Its share grows step by step.</summary>
    [JsonStringEnumMemberName("running")]
    Running = 0,

    /// <summary>It has passed its last step and the champion's alias is about to move to its version.</summary>
    [JsonStringEnumMemberName("promoting")]
    Promoting = 1,

    /// <summary>It was worse than the plan allows and gets no calls any more.</summary>
    [JsonStringEnumMemberName("aborted")]
    Aborted = 2,
}
