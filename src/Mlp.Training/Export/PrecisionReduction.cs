using Mlp.Runtime.Models;
using Mlp.Training.Evaluation;
using Mlp.Training.Preprocessing;

namespace Mlp.Training.Export;

/// <summary>Makes a proved file compute with narrower numbers, and measures what that costs on the rows that proved it.</summary>
/// <param name="model">The proved model.</param>
/// <param name="range">Which of its nodes are the model's own.</param>
/// <param name="wide">Its file.</param>
/// <param name="set">The rows that proved it.</param>
/// <param name="rows">All real rows.</param>
/// <param name="proofStart">The first one of the proof.</param>
internal sealed class PrecisionReduction(TrainedModel model, GraphRange range, OnnxScorer wide, ProofSet set, LabelledRows rows, int proofStart)
{
    /// <summary>Makes the model.</summary>
    /// <param name="options">Which numbers, and what they may cost.</param>
    /// <param name="cancellationToken">Ends the runs.</param>
    /// <exception cref="ExportRefusedException">They cost more.</exception>
    /// <exception cref="ArgumentException">The model has no layer that they are for.</exception>
    public TrainedModel Apply(ExportOptions options, CancellationToken cancellationToken)
    {
        var (name, narrowed) = options.Precision == ExportPrecision.Float16 ? ("float16", Float16Rewrite.Apply(model.Onnx, range)) : ("int8", Int8Rewrite.Apply(model.Onnx, range));
        if (narrowed is null)
        {
            throw new ArgumentException(
                $"ExportOptions.Precision must be {ExportPrecision.Float32} for this model, but is {options.Precision}: it has no layer that computes so (trees do not).", nameof(options));
        }

        var onnx = LineageStamp.Set(narrowed, ModelLineage.PrecisionKey, name);
        using var narrow = OnnxScorer.Open("exported", onnx, model.Features, model.Output, batchSize: wide.LargestRun);
        var expected = set.AnsweredBy(wide, cancellationToken);
        var (real, missing, extreme) = expected.Compare(narrow, cancellationToken);
        ProofFinding[] found = [real, missing, extreme];
        var cost = new PrecisionCost(name, found.Max(f => f.Part.MaximumDifference), options.PrecisionLimit)
        {
            Real = real.Part,
            Missing = missing.Part,
            Extreme = extreme.Part,
            Metrics = PrecisionMetrics.Compare(rows, proofStart, expected.RealAnswers, set.ScoreReal(narrow, cancellationToken), model.Output),
            Float32ByteCount = model.Onnx.Length,
        };
        var proof = model.ExportProof with { Precision = cost };
        foreach (var finding in found)
        {
            var limit = finding == extreme ? Math.Max(options.PrecisionLimit, options.ExtremeTolerance ?? 0) : options.PrecisionLimit;
            if (!(finding.Part.MaximumDifference <= limit))
            {
                throw ExportRefusedException.Costs(name, finding, proof, limit);
            }
        }

        // Another processor may round a step the other way, which changes no more than rounding itself did.
        var tolerance = Math.Clamp(cost.Real.MaximumDifference, OnnxExporter.Tolerance, 1);
        return model with
        {
            Onnx = onnx,
            ExportProof = proof,
            GoldenRows = GoldenRowSample.Take(narrow, rows.Table, proofStart, options.GoldenRowCount, tolerance, set.Scale, cancellationToken),
        };
    }
}
