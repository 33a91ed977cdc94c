using System.Globalization;
using Mlp.Runtime;
using Mlp.Runtime.Models;
using Mlp.Training.Preprocessing;

namespace Mlp.Training.Export;

/// <summary>The exported file does not compute what the trained model computes, or narrower numbers cost too much, so there is nothing to publish.</summary>
public sealed class ExportRefusedException : MlPlatformException
{
    internal const string TrainingLabels = "the training labels";

    internal ExportRefusedException(string sentence, ExportProof proof, double limit)
        : base(sentence)
    {
        Proof = proof;
        Limit = limit;
    }

    /// <summary>What was measured.</summary>
    public ExportProof Proof { get; }

    /// <summary>The greatest difference that is let through.</summary>
    public double Limit { get; }

    internal static ExportRefusedException Differs(ProofFinding finding, ExportProof proof, double limit, string? advice = null, string scaleOf = TrainingLabels) => new(
        string.Create(
            CultureInfo.InvariantCulture,
            $"Expected the exported model to agree with the trained one within {limit} ({Relative(proof, scaleOf)}), but {finding.Describe("the trained one")}.{advice ?? WayOut(finding)}"),
        proof,
        limit);

    internal static ExportRefusedException Costs(string precision, ProofFinding finding, ExportProof proof, double limit) => new(
        string.Create(
            CultureInfo.InvariantCulture,
            $"Expected {precision} to change no score by more than {limit} ({Relative(proof)}), but {finding.Describe("float32")}.{WayOut(finding)}"),
        proof,
        limit);

    private static string Relative(ExportProof proof, string scaleOf = TrainingLabels) => proof.LabelScale is { } scale
        ? string.Create(CultureInfo.InvariantCulture, $"relative to scores above {scale:G3}, the deviation of {scaleOf}")
        : "relative to scores above 1";

    private static string WayOut(ProofFinding finding) => finding.Rows == ProofRows.ExtremeRows
        ? $" A recipe with {nameof(FeatureRecipe.MaximumDeviation)} or bounds cuts such values off; {nameof(ExportOptions)}.{nameof(ExportOptions.ExtremeTolerance)} set to infinity records the difference and refuses nothing."
        : string.Empty;
}
