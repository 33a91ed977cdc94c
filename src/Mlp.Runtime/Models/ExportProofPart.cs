namespace Mlp.Runtime.Models;

/// <summary>What the comparison of two models found over rows of one kind.</summary>
/// <param name="RowCount">Rows compared.</param>
/// <param name="MaximumDifference">Largest |found - expected| / max(1, |expected|, <see cref="ExportProof.LabelScale"/>).</param>
/// <param name="Row">Where it was: index of the row; of real rows among those of the training set in its order, else among those of this part.</param>
/// <param name="Output">Which of the row's scores: 0, or the number of the class.</param>
/// <param name="BatchSize">Rows of the run that it was found in.</param>
public sealed record ExportProofPart(long RowCount, double MaximumDifference, long Row, int Output, int BatchSize)
{
    /// <summary>What was changed in that row, in words; null for a real row.</summary>
    public string? Change { get; init; }
}
