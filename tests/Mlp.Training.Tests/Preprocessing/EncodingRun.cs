using Mlp.Runtime.Data;
using Mlp.Runtime.Inference;
using Mlp.Runtime.Models;
using Mlp.Runtime.Onnx;
using Mlp.Training.Evaluation;
using Mlp.Training.Preprocessing;

namespace Mlp.Training.Tests.Preprocessing;

/// <summary>An encoding of rows, by C# and by ONNX Runtime.</summary>
internal static class EncodingRun
{
    /// <summary>What C# makes of rows.</summary>
    /// <returns>Shape (rows, width), row-major.</returns>
    public static float[] Encode(FeatureTable table, FeatureEncoding encoding)
    {
        var encoded = encoding.Encode(table);
        var dense = new float[table.RowCount * encoding.Width];
        encoded.Copy(0, table.RowCount, dense);
        return dense;
    }

    /// <summary>What ONNX Runtime makes of rows.</summary>
    /// <returns>Shape (rows, width), row-major.</returns>
    public static float[] Run(FeatureTable table, FeatureEncoding encoding)
    {
        var graph = new OnnxGraphBuilder("encoding");
        var encoded = FeatureEncodingGraph.Write(encoding, graph).Dense!;
        graph.AddOutput(encoded, OnnxDataType.Float32, OnnxGraphBuilder.Batch, encoding.Width);
        var onnx = graph.Build();
        var candidate = OnnxScorer.Describe("m", onnx, encoding.Layout.Columns, new ModelOutput { Task = ModelTask.Regression, ScoreOutput = encoded });
        using var model = TrialModel.Open(candidate, new OnnxFiles(onnx, null, WeightStorage.Resident, 0), table.RowCount, TimeProvider.System);
        TableRows.Copy(table, 0, table.RowCount, model.Slot.Rows);
        model.Run(0);
        return model.Slot.Score.Floats[..(table.RowCount * encoding.Width)].ToArray();
    }

    /// <summary>Both are the same to the bit.</summary>
    public static void AssertSameBits(FeatureTable table, FeatureEncoding encoding)
        => Assert.Equal(Encode(table, encoding).Select(BitConverter.SingleToInt32Bits), Run(table, encoding).Select(BitConverter.SingleToInt32Bits));

    /// <summary>Both are within a tolerance of max(1, |C#|).</summary>
    public static void AssertClose(FeatureTable table, FeatureEncoding encoding, double tolerance)
    {
        var (expected, found) = (Encode(table, encoding), Run(table, encoding));
        for (var i = 0; i < expected.Length; i++)
        {
            Assert.True(
                Math.Abs((double)expected[i] - found[i]) <= tolerance * Math.Max(1, Math.Abs(expected[i])),
                $"{encoding.OutputNames[i % encoding.Width]} of row {i / encoding.Width}: C# gives {expected[i]:R}, ONNX Runtime {found[i]:R}.");
        }
    }
}
