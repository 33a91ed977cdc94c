using System.Text.Json.Serialization;
using Mlp.Monitoring.Figures;
using Mlp.Runtime.Statistics;

namespace Mlp.Monitoring.Comparison;

/// <summary>How two versions of a model differ in loss. Immutable. JSON writes NaN as the string "NaN".</summary>
[JsonNumberHandling(JsonNumberHandling.AllowNamedFloatingPointLiterals)]
public sealed record VariantComparison
{
    /// <summary>Model name.</summary>
    public required string Model { get; init; }

    /// <summary>The version that serves.</summary>
    public required int Champion { get; init; }

    /// <summary>The version that wants to.</summary>
    public required int Challenger { get; init; }

    /// <summary>The loss that was compared.</summary>
    public required ComparedLoss Loss { get; init; }

    /// <summary>
    /// Whether both answered the same requests, as with a shadow: at least half of what the one with fewer labelled answers answered. Else the traffic was split between them.
    /// </summary>
    public required bool IsPaired { get; init; }

    /// <summary>Labelled requests that both answered, or the labelled answers of both together where the traffic was split.</summary>
    public required long RowCount { get; init; }

    /// <summary>Mean loss of the challenger less that of the champion: below 0 the challenger is better. NaN without rows.</summary>
    public required double Difference { get; init; }

    /// <summary>
    /// The interval of the difference: with the chance of 1 − significance it never leaves the true difference out, at whatever moment and however often one looks.
    /// </summary>
    public required ConfidenceInterval Interval { get; init; }

    /// <summary>What keeps the versions from being compared, in a sentence; null where nothing does.</summary>
    public string? Problem { get; init; }

    /// <summary>A finding of kind <see cref="FindingKind.VariantDifference"/> where the interval leaves 0 out; else null.</summary>
    public Finding? Finding { get; init; }
}
