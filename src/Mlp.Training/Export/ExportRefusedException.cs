using System.Globalization;
using Mlp.Runtime;
using Mlp.Runtime.Models;

namespace Mlp.Training.Export;

/// <summary>The exported file does not compute what the trained model computes, or narrower numbers cost too much, so there is nothing to publish.</summary>
public sealed class ExportRefusedException : MlPlatformException
{
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

    internal static ExportRefusedException Differs(ProofFinding finding, ExportProof proof, double limit) => new(
        string.Create(
            CultureInfo.InvariantCulture,
            $"Expected the exported model to agree with the trained one within {limit} (relative to scores above 1), but {finding.Describe("the trained one")}."),
        proof,
        limit);

    internal static ExportRefusedException Costs(string precision, ProofFinding finding, ExportProof proof, double limit) => new(
        string.Create(
            CultureInfo.InvariantCulture,
            $"Expected {precision} to change no score by more than {limit} (relative to scores above 1), but {finding.Describe("float32")}."),
        proof,
        limit);
}
