using System.Text.Json.Serialization;
using Mlp.Monitoring.Figures;

namespace Mlp.Monitoring.Alerts;

/// <summary>What a rule remembers of one subject; kept in the state file. Immutable: each look makes a new one.</summary>
internal sealed record AlertInstance
{
    public required string Rule { get; init; }

    public required FigureSubject Subject { get; init; }

    public AlertPhase Phase { get; init; }

    /// <summary>When the figure was last there with something to say.</summary>
    public DateTimeOffset SeenAt { get; init; }

    /// <summary>End of the last window that was looked at, and the value and rows of it.</summary>
    public DateTimeOffset? WindowTo { get; init; }

    public double Value { get; init; }

    public long RowCount { get; init; }

    /// <summary>Since when it is the case, and in how many windows in a row.</summary>
    public DateTimeOffset? Since { get; init; }

    public int WindowCount { get; init; }

    /// <summary>Until when it does not fire again.</summary>
    public DateTimeOffset? QuietUntil { get; init; }

    /// <summary>The alert as it fired; null while none does.</summary>
    public Alert? Fired { get; init; }

    /// <summary>The version that shall leave service, once known; null before and without a fallback.</summary>
    public int? FallbackFrom { get; init; }

    /// <summary>Whether the fallback of this firing was made, or found to be needless.</summary>
    public bool IsFallbackDone { get; init; }

    /// <summary>Windows before this one, oldest first, where they are compared.</summary>
    public IReadOnlyList<EarlierWindow>? Earlier { get; init; }

    [JsonIgnore]
    public (string Rule, FigureSubject Subject) Key => (Rule, Subject);

    /// <summary>A window that has passed.</summary>
    /// <param name="To">When it ended.</param>
    /// <param name="Value">The figure.</param>
    internal sealed record EarlierWindow(DateTimeOffset To, double Value);
}
