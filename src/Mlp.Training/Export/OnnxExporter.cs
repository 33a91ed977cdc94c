using System.Globalization;
using System.Text;
using System.Text.Json;
using Mlp.Runtime.Data;
using Mlp.Runtime.Models;
using Mlp.Runtime.Onnx;
using Mlp.Runtime.Storage;
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

    /// <summary>The difference above which an export is refused.</summary>
    public const double Limit = 1e-4;

    /// <summary>Writes a model and proves it.</summary>
    /// <param name="source">What was trained.</param>
    /// <param name="rows">The rows that it was trained on.</param>
    /// <param name="proofStart">The first row of the proof; it reaches to the last row.</param>
    /// <param name="manifest">What the rows are.</param>
    /// <param name="options">What the model says of its outputs.</param>
    /// <param name="cancellationToken">Ends the proof.</param>
    /// <exception cref="ExportRefusedException">File and trained model differ by more than <see cref="Limit"/>.</exception>
    /// <exception cref="ArgumentException">The calibration is for another task or number of classes.</exception>
    public static TrainedModel Create(
        IExportSource source, LabelledRows rows, int proofStart, TrainingSetManifest manifest, ExportOptions options, CancellationToken cancellationToken)
    {
        source = CalibratedSource.Of(source, options.Calibration);
        var output = new ModelOutput
        {
            Task = source.Task,
            ScoreOutput = ScoreOutput,
            ClassNames = options.ClassNames.Count > 0 ? [.. options.ClassNames] : [.. rows.ClassNames],
            DecisionThreshold = options.DecisionThreshold,
            LabelDefinition = options.LabelDefinition,
            LabelUnit = options.LabelUnit,
        };
        var onnx = Write(source, manifest);
        var scores = source.Score(rows.Table);
        var isOne = source.ScoreCount == 1;
        return new TrainedModel
        {
            Onnx = onnx,
            Features = source.Layout.Columns,
            Output = output,
            ExportProof = ProveEach(onnx, rows.Table, proofStart, scores, source.ScoreCount, output, cancellationToken),
            GoldenRows = isOne ? GoldenRowSample.Take(onnx, rows.Table, proofStart, options.GoldenRowCount, output, cancellationToken) : null,
            FeatureService = manifest.FeatureService,
            TrainingSet = manifest,
            Calibration = options.Calibration,
            ReferenceProfile = isOne
                ? TrainingProfile.Create(rows.Table, source.IsCode, scores, Holdout.Of(rows, proofStart > 0 ? proofStart : rows.RowCount, scores, output), options.ReferenceQuantileSketch).ToJson()
                : ReadOnlyMemory<byte>.Empty,
        };
    }

    /// <summary>Runs the file on rows and compares with what the trained network said of them.</summary>
    /// <param name="onnx">Bytes of the file.</param>
    /// <param name="table">All rows.</param>
    /// <param name="start">The first row to compare.</param>
    /// <param name="reference">Scores of the trained network from that row on.</param>
    /// <param name="output">Which output is the score.</param>
    /// <param name="cancellationToken">Ends the run between batches.</param>
    /// <exception cref="ExportRefusedException">They differ by more than <see cref="Limit"/>.</exception>
    public static ExportProof Prove(
        ReadOnlyMemory<byte> onnx, FeatureTable table, int start, ReadOnlySpan<float> reference, ModelOutput output, CancellationToken cancellationToken)
    {
        using var scorer = OnnxScorer.Open("exported", onnx, table.Layout.Columns, output);
        var scores = scorer.Score(table, start, reference.Length, cancellationToken);
        double largest = 0;
        for (var i = 0; i < scores.Length; i++)
        {
            var difference = Math.Abs(scores[i] - reference[i]) / Math.Max(1, Math.Abs((double)reference[i]));
            largest = Math.Max(largest, double.IsNaN(difference) ? double.PositiveInfinity : difference);
        }

        var proof = new ExportProof(scores.Length, largest, Tolerance);
        return largest <= Limit ? proof : throw new ExportRefusedException(proof, Limit);
    }

    private static byte[] Write(IExportSource source, TrainingSetManifest manifest)
    {
        var (opset, mlOpset) = source.MinimumOpset;
        var graph = new OnnxGraphBuilder("model", opset, mlOpset);
        graph.AddNode("Identity", [source.Write(graph, source.WriteInputs(graph))], output: ScoreOutput);
        graph.AddOutput(ScoreOutput, OnnxDataType.Float32, OnnxGraphBuilder.Batch, source.ScoreCount);
        WriteMetadata(graph, manifest);
        return graph.Build();
    }

    private static ExportProof ProveEach(
        ReadOnlyMemory<byte> onnx, FeatureTable table, int start, float[] scores, int scoreCount, ModelOutput output, CancellationToken cancellationToken)
    {
        ExportProof? worst = null;
        for (var score = 0; score < scoreCount; score++)
        {
            var ofScore = new float[table.RowCount - start];
            for (var row = 0; row < ofScore.Length; row++)
            {
                ofScore[row] = scores[((start + row) * scoreCount) + score];
            }

            var proof = Prove(onnx, table, start, ofScore, scoreCount == 1 ? output : output with { ScoreIndex = score }, cancellationToken);
            worst = worst is null || proof.MaximumDifference > worst.MaximumDifference ? proof : worst;
        }

        return worst!;
    }

    private static void WriteMetadata(OnnxGraphBuilder graph, TrainingSetManifest manifest)
    {
        graph.AddMetadata("mlp.features", Json(manifest.Features));
        if (manifest.FeatureService is { } service)
        {
            graph.AddMetadata("mlp.feature_service", string.Create(CultureInfo.InvariantCulture, $"{service.Name}/{service.Version}"));
            graph.AddMetadata("mlp.feature_service.fingerprint", service.Fingerprint);
        }

        graph.AddMetadata("mlp.training_set.sha256", manifest.ContentHash);
        if (manifest.LabelColumns is [var label])
        {
            graph.AddMetadata("mlp.label", label);
        }
    }

    private static string Json(IReadOnlyList<FeatureColumn> features)
    {
        using var stream = new MemoryStream();
        using (var writer = new Utf8JsonWriter(stream))
        {
            writer.WriteStartArray();
            foreach (var feature in features)
            {
                writer.WriteStartObject();
                writer.WriteString("name", feature.Name);
                writer.WriteString("type", EnumTerms<FeatureType>.Of(feature.Type));
                if (feature.IsVector)
                {
                    writer.WriteNumber("length", feature.Length);
                }

                writer.WriteString("view", feature.View);
                writer.WriteEndObject();
            }

            writer.WriteEndArray();
        }

        return Encoding.UTF8.GetString(stream.GetBuffer(), 0, (int)stream.Length);
    }
}
