using System.Text.Json.Serialization;

namespace Mlp.Monitoring.Figures;

/// <summary>One thing that was found wrong, with the numbers that say so. Immutable.</summary>
[JsonNumberHandling(JsonNumberHandling.AllowNamedFloatingPointLiterals)]
public sealed record Finding
{
    /// <summary>What was found.</summary>
    public required FindingKind Kind { get; init; }

    /// <summary>What it is about.</summary>
    public required FigureSubject Subject { get; init; }

    /// <summary>The test that found it, for example <c>kolmogorov-smirnov</c>.</summary>
    public required string Test { get; init; }

    /// <summary>The test's statistic.</summary>
    public required double Statistic { get; init; }

    /// <summary>The statistic beyond which the test finds something.</summary>
    public required double Threshold { get; init; }

    /// <summary>The chance of such a statistic where nothing is wrong, before the correction for many tests; null where the test has none.</summary>
    public double? PValue { get; init; }

    /// <summary><see cref="PValue"/> after the correction for many tests; null where the test has none.</summary>
    public double? AdjustedPValue { get; init; }

    /// <summary>Rows of the reference.</summary>
    public required long ReferenceRowCount { get; init; }

    /// <summary>Rows of the window.</summary>
    public required long RowCount { get; init; }

    /// <summary>First time of the window; null for the beginning.</summary>
    public DateTimeOffset? From { get; init; }

    /// <summary>Time up to which the window reaches, exclusive; null for the end.</summary>
    public DateTimeOffset? To { get; init; }

    /// <summary>One sentence with the numbers; no value of any row.</summary>
    public required string Message { get; init; }
}
