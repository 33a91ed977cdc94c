using Mlp.Runtime.Onnx;

namespace Mlp.Training.Evaluation.Calibration;

/// <summary>A fitted function from what a model says to calibrated probabilities, in C# and as nodes. Immutable and thread-safe.</summary>
internal abstract class Calibrator
{
    /// <summary>Its parameters by name.</summary>
    public abstract IReadOnlyDictionary<string, double> Parameters { get; }

    /// <summary>Calibrates rows.</summary>
    /// <param name="said">Log odds of class 1, shape (rows); with several classes their probabilities, shape (rows, classes).</param>
    /// <param name="scores">The probabilities, of the same shape.</param>
    public abstract void Apply(ReadOnlySpan<float> said, Span<float> scores);

    /// <summary>Adds the same as nodes.</summary>
    /// <param name="graph">The graph.</param>
    /// <param name="said">Name of a float value: log odds, shape (N, 1), or probabilities, shape (N, classes).</param>
    /// <returns>Name of a float value of the same shape.</returns>
    public abstract string Write(OnnxGraphBuilder graph, string said);

    internal static double Sigmoid(double x) => 1 / (1 + Math.Exp(-x));

    protected static string Constant(OnnxGraphBuilder graph, string name, double value) => graph.AddConstant(graph.UniqueName(name), [(float)value], 1);
}
