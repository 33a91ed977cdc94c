using System.Globalization;
using System.Text;
using System.Text.Json;
using Mlp.Runtime.Data;
using Mlp.Runtime.Models;
using Mlp.Runtime.Onnx;
using Mlp.Runtime.Storage;
using Mlp.Training.Evaluation;
using Mlp.Training.Networks;
using Mlp.Training.Preprocessing;

namespace Mlp.Training.Export;

/// <summary>Writes a trained network with its preprocessing as one ONNX graph and proves the file by running it.</summary>
internal static class OnnxExporter
{
    /// <summary>Name of the output: shape (N, 1), float.</summary>
    public const string ScoreOutput = "score";

    /// <summary>The difference that the exporter holds itself to.</summary>
    public const double Tolerance = 1e-5;

    /// <summary>The difference above which an export is refused.</summary>
    public const double Limit = 1e-4;

    /// <summary>Writes the file.</summary>
    /// <param name="encoding">How features become inputs.</param>
    /// <param name="layers">What is computed from them.</param>
    /// <param name="manifest">The training set, for the file's metadata.</param>
    public static byte[] Write(FeatureEncoding encoding, IReadOnlyList<NetworkLayer> layers, TrainingSetManifest manifest)
    {
        var graph = new OnnxGraphBuilder("network");
        var value = FeatureEncodingGraph.Write(encoding, graph).Dense!;
        var folded = Fold(layers);
        for (var i = 0; i < folded.Count; i++)
        {
            value = WriteLayer(graph, folded[i], value, i, i == folded.Count - 1 ? ScoreOutput : null);
        }

        graph.AddOutput(value, OnnxDataType.Float32, OnnxGraphBuilder.Batch, 1);
        WriteMetadata(graph, manifest);
        return graph.Build();
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

    // A normalisation after a linear layer costs a node in every prediction and nothing when it is part of the weights.
    private static List<NetworkLayer> Fold(IReadOnlyList<NetworkLayer> layers)
    {
        var folded = new List<NetworkLayer>();
        foreach (var layer in layers)
        {
            if (layer is NetworkLayer.BatchNorm norm && folded is [.., NetworkLayer.Linear linear])
            {
                folded[^1] = linear.Fold(norm);
            }
            else
            {
                folded.Add(layer);
            }
        }

        return folded;
    }

    private static string WriteLayer(OnnxGraphBuilder graph, NetworkLayer layer, string input, int index, string? output)
    {
        string Name(string part) => string.Create(CultureInfo.InvariantCulture, $"layer{index}.{part}");
        string Vector(string part, float[] values) => graph.AddConstant(Name(part), values, values.Length);

        return layer switch
        {
            NetworkLayer.Linear linear => graph.AddNode(
                "Gemm",
                [input, graph.AddConstant(Name("weight"), linear.Weight, linear.Outputs, linear.Inputs), Vector("bias", linear.Bias)],
                [OnnxAttribute.Int("transB", 1)],
                output: output),
            NetworkLayer.BatchNorm norm => graph.AddNode(
                "BatchNormalization",
                [input, Vector("scale", norm.Scale), Vector("shift", norm.Shift), Vector("mean", norm.Mean), Vector("variance", norm.Variance)],
                [OnnxAttribute.Float("epsilon", (float)norm.Epsilon)],
                output: output),
            NetworkLayer.Relu => graph.AddNode("Relu", [input], output: output),
            NetworkLayer.Sigmoid => graph.AddNode("Sigmoid", [input], output: output),
            NetworkLayer.Affine affine => graph.AddNode(
                "Add",
                [graph.AddNode("Mul", [input, Vector("factor", [affine.Factor])]), Vector("offset", [affine.Offset])],
                output: output),
            _ => throw new ArgumentOutOfRangeException(nameof(layer), $"Expected a known layer, but found {layer.GetType().Name}."),
        };
    }

    internal static void WriteMetadata(OnnxGraphBuilder graph, TrainingSetManifest manifest)
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
