namespace Mlp.Runtime.Models;

/// <summary>How closely the exported file agrees with the model that was trained, over rows that both scored.</summary>
/// <param name="RowCount">Real rows compared.</param>
/// <param name="MaximumDifference">Largest |exported - trained| / max(1, |trained|, <see cref="LabelScale"/>) over all rows and outputs; two NaN agree, and so do two infinities of the same sign.</param>
/// <param name="Tolerance">The difference that the exporter holds itself to.</param>
public sealed record ExportProof(long RowCount, double MaximumDifference, double Tolerance)
{
    /// <summary>
    /// Standard deviation of the training labels of a regression (of an application's own module, of its answers to the sample that proved it), in the label's unit: the unit in which it computes, so that differences are relative to no less. Null where it is at most 1, for
    /// other tasks, and in files of earlier versions.
    /// </summary>
    public double? LabelScale { get; init; }

    /// <summary>Where real rows differ most; null in files of earlier versions.</summary>
    public ExportProofPart? Real { get; init; }

    /// <summary>Where real rows differ most in which values were taken away: those of each feature, and all; null in files of earlier versions.</summary>
    public ExportProofPart? Missing { get; init; }

    /// <summary>Where real rows differ most in which values were replaced by extreme ones; null in files of earlier versions.</summary>
    public ExportProofPart? Extreme { get; init; }

    /// <summary>What narrower numbers cost; null for a file that computes in float32, as it was trained. The differences above are those of the file before it was narrowed.</summary>
    public PrecisionCost? Precision { get; init; }
}
