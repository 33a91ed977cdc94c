using System.Globalization;
using Mlp.Runtime.Onnx;

namespace Mlp.Benchmarks.Runtime;

/// <summary>A network of dense layers with ReLU between them: x [N, first], score [N, last].</summary>
internal static class DenseModel
{
    /// <summary>Makes the ONNX file.</summary>
    /// <param name="layers">Widths, for example <c>32-64-64-1</c>.</param>
    public static byte[] Create(string layers)
    {
        int[] widths = [.. layers.Split('-').Select(w => int.Parse(w, CultureInfo.InvariantCulture))];
        var random = new Random(7);
        var graph = new OnnxGraphBuilder("dense");
        var value = graph.AddInput("x", OnnxDataType.Float32, OnnxGraphBuilder.Batch, widths[0]);
        for (var i = 1; i < widths.Length; i++)
        {
            var (from, to) = (widths[i - 1], widths[i]);
            float[] weights = [.. Enumerable.Range(0, from * to).Select(_ => (random.NextSingle() - 0.5f) / MathF.Sqrt(from))];
            var isLast = i == widths.Length - 1;
            var w = graph.AddConstant($"w{i}", weights, from, to);
            var b = graph.AddConstant($"b{i}", new float[to], to);
            value = graph.AddNode("Gemm", [value, w, b], output: isLast ? "score" : null);
            value = isLast ? value : graph.AddNode("Relu", [value]);
        }

        graph.AddOutput(value, OnnxDataType.Float32, OnnxGraphBuilder.Batch, widths[^1]);
        return graph.Build();
    }
}
