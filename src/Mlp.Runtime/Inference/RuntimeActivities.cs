using System.Diagnostics;

namespace Mlp.Runtime.Inference;

/// <summary>The activity source <c>Mlp.Runtime</c>. Nothing is made while nobody listens: the spans of calls then cost one look at a field. Thread-safe.</summary>
internal static class RuntimeActivities
{
    /// <summary>Name of the source.</summary>
    public const string Name = "Mlp.Runtime";

    /// <summary>The source.</summary>
    public static ActivitySource Source { get; } = new(Name);
}
