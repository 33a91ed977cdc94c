using System.Text.Json.Serialization;

namespace Mlp.Monitoring.Figures;

/// <summary>
/// A number that monitoring computed over a window: what alert rules watch and reports show. Immutable.
/// </summary>
[JsonNumberHandling(JsonNumberHandling.AllowNamedFloatingPointLiterals)]
public sealed record Figure
{
    /// <summary>Name in the field's words, lower case with dots, for example <c>performance.auc</c>, <c>drift.psi</c> or <c>log.dropped</c>.</summary>
    public required string Name { get; init; }

    /// <summary>What it is about.</summary>
    public required FigureSubject Subject { get; init; }

    /// <summary>The value; NaN where the window has too little data to say.</summary>
    public required double Value { get; init; }

    /// <summary>Lower end of its 95 % confidence interval; null where none is known.</summary>
    public double? Lower { get; init; }

    /// <summary>Upper end of its 95 % confidence interval; null where none is known.</summary>
    public double? Upper { get; init; }

    /// <summary>Rows it was computed from.</summary>
    public required long RowCount { get; init; }

    /// <summary>First time of the window; null for the beginning.</summary>
    public DateTimeOffset? From { get; init; }

    /// <summary>Time up to which the window reaches, exclusive.</summary>
    public required DateTimeOffset To { get; init; }
}
