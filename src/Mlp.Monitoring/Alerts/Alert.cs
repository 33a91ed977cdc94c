using System.Text.Json.Serialization;
using Mlp.Monitoring.Figures;

namespace Mlp.Monitoring.Alerts;

/// <summary>One change in the life of an alert: it fires, or it has resolved. Immutable.</summary>
[JsonNumberHandling(JsonNumberHandling.AllowNamedFloatingPointLiterals)]
public sealed record Alert
{
    /// <summary>Identifies the alert from its firing to its resolution: UUIDv7, 32 hexadecimal digits.</summary>
    public required string Id { get; init; }

    /// <summary>Name of the rule.</summary>
    public required string Rule { get; init; }

    /// <summary>How urgent it is.</summary>
    public required AlertSeverity Severity { get; init; }

    /// <summary>Whether it fires or has resolved.</summary>
    public required AlertState State { get; init; }

    /// <summary>What it is about.</summary>
    public required FigureSubject Subject { get; init; }

    /// <summary>Name of the figure.</summary>
    public required string Figure { get; init; }

    /// <summary>The figure now; null where there is none or it is no finite number.</summary>
    public double? Value { get; init; }

    /// <summary>What a relative change was measured against; null for other rules.</summary>
    public double? Reference { get; init; }

    /// <summary>The limit of the rule; null for one about absence.</summary>
    public double? Threshold { get; init; }

    /// <summary>Rows behind the figure.</summary>
    public long RowCount { get; init; }

    /// <summary>First time of the figure's window; null for the beginning.</summary>
    public DateTimeOffset? WindowFrom { get; init; }

    /// <summary>Time up to which the window reaches, exclusive; null where there is no figure.</summary>
    public DateTimeOffset? WindowTo { get; init; }

    /// <summary>Since when it has been the case.</summary>
    public required DateTimeOffset Since { get; init; }

    /// <summary>When the alert fired.</summary>
    public required DateTimeOffset FiredAt { get; init; }

    /// <summary>When it resolved; null while it fires.</summary>
    public DateTimeOffset? ResolvedAt { get; init; }

    /// <summary>One sentence with the numbers; no value of any row.</summary>
    public required string Message { get; init; }

    /// <summary>What the rule says is to be done about it.</summary>
    public string? Description { get; init; }
}
