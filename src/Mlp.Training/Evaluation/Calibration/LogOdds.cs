using Mlp.Runtime.Models;
using Mlp.Runtime.Onnx;
using Mlp.Training.Export;
using Mlp.Training.Preprocessing;

namespace Mlp.Training.Evaluation.Calibration;

/// <summary>
/// What a calibration takes from a model: the log odds of class 1 as the model has them before its sigmoid, which keep what a float32 probability next to 1 has lost; else those of the probability.
/// With several classes their probabilities, which keep it.
/// </summary>
internal static class LogOdds
{
    /// <summary>A float32 probability nearer to 0 or 1 is taken for this one: there its log odds would be errors of rounding.</summary>
    private const double Least = 1.0 / (1 << 14);

    /// <summary>The log odds of probabilities.</summary>
    public static float[] Of(ReadOnlySpan<float> probabilities)
    {
        var odds = new float[probabilities.Length];
        for (var i = 0; i < odds.Length; i++)
        {
            var p = (double)probabilities[i];
            p = p < Least ? Least : p > 1 - Least ? 1 - Least : p;
            odds[i] = (float)(Math.Log(p) - Math.Log(1 - p));
        }

        return odds;
    }

    /// <summary>What a calibration takes of rows.</summary>
    public static float[] Of(IExportSource source, FeatureTable table)
        => source.Task != ModelTask.BinaryClassification ? source.Score(table) : source is ILogOddsSource odds ? odds.LogOdds(table) : Of(source.Score(table));

    /// <summary>Adds the nodes of the model up to what a calibration takes.</summary>
    public static string Write(IExportSource source, OnnxGraphBuilder graph, EncodedInputs inputs)
    {
        if (source.Task != ModelTask.BinaryClassification)
        {
            return source.Write(graph, inputs);
        }

        return source is ILogOddsSource odds ? odds.WriteLogOdds(graph, inputs) : WriteOf(graph, source.Write(graph, inputs));
    }

    /// <summary>ln(1 + eˣ).</summary>
    public static double Softplus(double x) => Math.Max(x, 0) + Math.Log(1 + Math.Exp(-Math.Abs(x)));

    private static string WriteOf(OnnxGraphBuilder graph, string probabilities)
    {
        var wide = graph.AddNode("Cast", [probabilities], [OnnxAttribute.Int("to", (int)OnnxDataType.Float64)]);
        var least = graph.AddConstant(graph.UniqueName("calibration.least"), [Least], 1);
        var greatest = graph.AddConstant(graph.UniqueName("calibration.greatest"), [1 - Least], 1);
        var one = graph.AddConstant(graph.UniqueName("calibration.one"), [1.0], 1);
        var low = graph.AddNode("Where", [graph.AddNode("Less", [wide, least]), least, wide]);
        var inside = graph.AddNode("Where", [graph.AddNode("Greater", [low, greatest]), greatest, low]);
        var odds = graph.AddNode("Sub", [graph.AddNode("Log", [inside]), graph.AddNode("Log", [graph.AddNode("Sub", [one, inside])])]);
        return graph.AddNode("Cast", [odds], [OnnxAttribute.Int("to", (int)OnnxDataType.Float32)]);
    }
}
