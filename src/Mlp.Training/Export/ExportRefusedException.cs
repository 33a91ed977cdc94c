using System.Globalization;
using Mlp.Runtime;
using Mlp.Runtime.Models;

namespace Mlp.Training.Export;

/// <summary>The exported file does not compute what the trained model computes, so there is nothing to publish.</summary>
/// <param name="proof">What was measured.</param>
/// <param name="limit">The greatest difference that is let through.</param>
public sealed class ExportRefusedException(ExportProof proof, double limit)
    : MlPlatformException(string.Create(
        CultureInfo.InvariantCulture,
        $"Expected the exported model to agree with the trained one within {limit} (relative to scores above 1), but over {proof.RowCount} rows the largest difference is {proof.MaximumDifference}."))
{
    /// <summary>What was measured.</summary>
    public ExportProof Proof { get; } = proof;

    /// <summary>The greatest difference that is let through.</summary>
    public double Limit { get; } = limit;
}
