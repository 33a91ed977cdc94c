using Mlp.Runtime.Data;
using Mlp.Runtime.Models;
using Mlp.Runtime.Onnx;
using Mlp.Training.Evaluation;
using Mlp.Training.Evaluation.Calibration;
using Mlp.Training.Preprocessing;

namespace Mlp.Training.Export;

/// <summary>Writes a trained model with its preprocessing as one ONNX graph and proves the file by running it.</summary>
internal static class OnnxExporter
{
    /// <summary>Name of the output: shape (N, 1), float.</summary>
    public const string ScoreOutput = "score";

    /// <summary>The difference that the exporter holds itself to.</summary>
    public const double Tolerance = 1e-5;

    /// <summary>Writes a model and proves it.</summary>
    /// <param name="source">What was trained.</param>
    /// <param name="rows">The rows that it was trained on.</param>
    /// <param name="proofStart">The first row of the proof; it reaches to the last row.</param>
    /// <param name="manifest">What the rows are.</param>
    /// <param name="options">What the model says of its outputs.</param>
    /// <param name="cancellationToken">Ends the proof.</param>
    /// <exception cref="ExportRefusedException">File and trained model differ by more than is accepted.</exception>
    /// <exception cref="ArgumentException">The calibration is for another task or number of classes, or an option is not for this model.</exception>
    public static TrainedModel Create(
        IExportSource source, LabelledRows rows, int proofStart, TrainingSetManifest manifest, ExportOptions options, CancellationToken cancellationToken)
    {
        source = CalibratedSource.Of(source, options.Calibration);
        ModelOutputCheck.Require(options, source.Task, source.ScoreCount, rows.ClassNames);
        var output = new ModelOutput
        {
            Task = source.Task,
            ScoreOutput = ScoreOutput,
            ClassNames = options.ClassNames.Count > 0 ? [.. options.ClassNames] : [.. rows.ClassNames],
            DecisionThreshold = options.DecisionThreshold,
            LabelDefinition = options.LabelDefinition,
            LabelUnit = options.LabelUnit,
        };
        var (onnx, range) = Write(source, manifest, output, options);
        var scores = new ModelScores(source.Score(rows.Table), source.ScoreCount, output.ClassNames);
        using var file = OnnxScorer.Open("exported", onnx, source.Layout.Columns, output, batchSize: ExportProver.BatchFor(source.Encoding?.Width ?? 0));
        var set = ProofSet.Create(rows.Table, proofStart, scores.Values, (_, table) => source.Score(table), source.LabelScale);
        var tolerance = options.Tolerance ?? source.Tolerance;
        var proof = Prove(file, set, new(tolerance, tolerance, options.ExtremeTolerance ?? tolerance), cancellationToken);
        var holdout = Holdout.Of(rows, proofStart > 0 ? proofStart : rows.RowCount, scores, output);
        var model = new TrainedModel
        {
            Onnx = onnx,
            Features = source.Layout.Columns,
            Output = output,
            ExportProof = proof,
            GoldenRows = GoldenRowSample.Take(file, rows.Table, proofStart, options.GoldenRowCount, Tolerance, set.Scale, cancellationToken),
            FeatureService = manifest.FeatureService,
            TrainingSet = manifest,
            RunId = options.Lineage.RunId,
            Calibration = options.Calibration,
            ReferenceProfile = TrainingProfile.Create(rows.Table, source.IsCode, scores, holdout, options.ReferenceQuantileSketch).ToJson(),
        };
        return options.Precision == ExportPrecision.Float32 ? model : new PrecisionReduction(model, range, file, set, rows, proofStart).Apply(options, cancellationToken);
    }

    /// <summary>Runs a file on all rows of a proof.</summary>
    /// <param name="file">The file, open for <see cref="ExportProver.BatchFor"/> rows of its width.</param>
    /// <param name="set">The rows with what the trained model says of them.</param>
    /// <param name="limits">Largest differences that are accepted.</param>
    /// <param name="cancellationToken">Ends the runs.</param>
    /// <exception cref="ExportRefusedException">They differ by more.</exception>
    public static ExportProof Prove(OnnxScorer file, ProofSet set, ProofLimits limits, CancellationToken cancellationToken)
    {
        var (real, missing, extreme) = set.Compare(file, cancellationToken);
        ProofFinding[] found = [real, missing, extreme];
        var proof = new ExportProof(real.Part.RowCount, found.Max(f => f.Part.MaximumDifference), limits.Real)
        {
            LabelScale = set.Scale > 1 ? set.Scale : null,
            Real = real.Part,
            Missing = missing.Part,
            Extreme = extreme.Part,
        };
        foreach (var finding in found)
        {
            var limit = finding == extreme ? limits.Extreme : finding == missing ? limits.Missing : limits.Real;
            if (!(finding.Part.MaximumDifference <= limit))
            {
                throw ExportRefusedException.Differs(finding, proof, limit, limits.Advice, limits.ScaleOf);
            }
        }

        return proof;
    }

    private static (byte[] Onnx, GraphRange Range) Write(IExportSource source, TrainingSetManifest manifest, ModelOutput output, ExportOptions options)
    {
        var (opset, mlOpset) = source.MinimumOpset;
        if (options.Opset < opset)
        {
            throw new ArgumentException(
                FormattableString.Invariant($"ExportOptions.Opset must be at least {opset} for the operators of this model, but is {options.Opset}."), nameof(options));
        }

        var graph = new OnnxGraphBuilder("model", options.Opset ?? opset, mlOpset);
        var inputs = source.WriteInputs(graph);
        var first = graph.NodeCount;
        var calibrated = source as CalibratedSource;
        var score = calibrated is null ? source.Write(graph, inputs) : calibrated.WriteModel(graph, inputs);
        var range = new GraphRange(first, graph.NodeCount, inputs.Dense);
        score = calibrated?.WriteCalibration(graph, score) ?? score;
        graph.AddNode("Identity", [score], output: ScoreOutput);
        graph.AddOutput(ScoreOutput, OnnxDataType.Float32, OnnxGraphBuilder.Batch, source.ScoreCount);
        graph.AddMetadata(ModelFileDescription.FeaturesKey, SavedModel.FeatureJson(manifest.Features));
        LineageStamp.Write(graph, manifest, output, source.Parameters, options.Lineage);
        return (graph.Build(), range);
    }
}
