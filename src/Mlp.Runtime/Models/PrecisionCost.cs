namespace Mlp.Runtime.Models;

/// <summary>What it costs that a file computes with narrower numbers: measured against the same file in float32, on the rows that proved that one.</summary>
/// <param name="Precision">The narrower numbers: <c>float16</c> or <c>int8</c>.</param>
/// <param name="MaximumDifference">Largest |narrow - float32| / max(1, |float32|, <see cref="ExportProof.LabelScale"/>) over all rows and outputs.</param>
/// <param name="Limit">The difference that was let through.</param>
public sealed record PrecisionCost(string Precision, double MaximumDifference, double Limit)
{
    /// <summary>Where real rows differ most.</summary>
    public ExportProofPart? Real { get; init; }

    /// <summary>Where rows with values taken away differ most.</summary>
    public ExportProofPart? Missing { get; init; }

    /// <summary>Where rows with extreme values differ most.</summary>
    public ExportProofPart? Extreme { get; init; }

    /// <summary>Quality on the real rows before and after; empty where they do not tell it.</summary>
    public IReadOnlyList<MetricChange> Metrics
    {
        get;
        init => field = value ?? [];
    }
    = [];

    /// <summary>Bytes of the file in float32.</summary>
    public long Float32ByteCount { get; init; }
}
