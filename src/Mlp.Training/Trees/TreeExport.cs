using Mlp.Runtime.Data;
using Mlp.Runtime.Models;
using Mlp.Runtime.Onnx;
using Mlp.Training.Export;
using Mlp.Training.Preprocessing;

namespace Mlp.Training.Trees;

/// <summary>Writes trained trees and proves the file, score by score.</summary>
internal static class TreeExport
{
    public static TrainedModel Create(IExportSource source, TrainedTrees trees, ExportOptions options, CancellationToken cancellationToken)
    {
        var output = new ModelOutput
        {
            Task = source.Task,
            ScoreOutput = OnnxExporter.ScoreOutput,
            ClassNames = options.ClassNames.Count > 0 ? [.. options.ClassNames] : trees.ClassNames,
            DecisionThreshold = options.DecisionThreshold,
            LabelDefinition = options.LabelDefinition,
            LabelUnit = options.LabelUnit,
        };
        var (opset, mlOpset) = source.MinimumOpset;
        var graph = new OnnxGraphBuilder("trees", opset, mlOpset);
        graph.AddNode("Identity", [source.Write(graph, source.WriteInputs(graph))], output: OnnxExporter.ScoreOutput);
        graph.AddOutput(OnnxExporter.ScoreOutput, OnnxDataType.Float32, OnnxGraphBuilder.Batch, source.ScoreCount);
        OnnxExporter.WriteMetadata(graph, trees.Manifest);
        var onnx = graph.Build();
        var table = trees.Rows.Table;
        var start = trees.TrainingCount < table.RowCount ? trees.TrainingCount : 0;
        var scores = source.Score(table);
        return new TrainedModel
        {
            Onnx = onnx,
            Features = source.Layout.Columns,
            Output = output,
            ExportProof = Prove(onnx, table, start, scores, source.ScoreCount, output, cancellationToken),
            GoldenRows = source.ScoreCount == 1 ? GoldenRowSample.Take(onnx, table, start, options.GoldenRowCount, output, cancellationToken) : null,
            FeatureService = trees.Manifest.FeatureService,
            TrainingSet = trees.Manifest,
            ReferenceProfile = source.ScoreCount == 1 ? TrainingProfile.Create(table, source.IsCode, scores).ToJson() : ReadOnlyMemory<byte>.Empty,
        };
    }

    private static ExportProof Prove(
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

            var proof = OnnxExporter.Prove(onnx, table, start, ofScore, output with { ScoreIndex = score }, cancellationToken);
            worst = worst is null || proof.MaximumDifference > worst.MaximumDifference ? proof : worst;
        }

        return worst!;
    }
}
