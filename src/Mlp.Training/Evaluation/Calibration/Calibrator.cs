using Mlp.Runtime.Onnx;

namespace Mlp.Training.Evaluation.Calibration;

/// <summary>A fitted function from what a model says to calibrated probabilities, in C# and as nodes. Immutable and thread-safe.</summary>
internal abstract class Calibrator
{
    /// <summary>Its parameters by name.</summary>
    public abstract IReadOnlyDictionary<string, double> Parameters { get; }

    /// <summary>All numbers of the function, by name: what <see cref="Restore"/> takes.</summary>
    public abstract IReadOnlyDictionary<string, double[]> Function { get; }

    /// <summary>The calibrator that <see cref="Function"/> was taken of.</summary>
    /// <param name="method">Its method.</param>
    /// <param name="function">The numbers.</param>
    /// <param name="scoreCount">Scores of a row.</param>
    /// <returns>The calibrator; null where the numbers are not those of the method.</returns>
    public static Calibrator? Restore(CalibrationMethod method, IReadOnlyDictionary<string, double[]> function, int scoreCount)
    {
        double[]? Numbers(string name, int count) => function.GetValueOrDefault(name) is { } found && found.Length == count && Array.TrueForAll(found, double.IsFinite) ? found : null;

        double? Number(string name) => Numbers(name, 1)?[0];

        switch (method)
        {
            case CalibrationMethod.Platt:
                return scoreCount == 1 && Number("slope") is { } slope && Number("intercept") is { } intercept ? new PlattCalibrator(slope, intercept) : null;
            case CalibrationMethod.Beta:
                return scoreCount == 1 && Number("a") is { } a && Number("b") is { } b && Number("c") is { } c ? new BetaCalibrator(a, b, c) : null;
            case CalibrationMethod.Isotonic:
                var count = function.GetValueOrDefault("points")?.Length ?? 0;
                return scoreCount == 1 && count > 0 && Numbers("points", count) is { } points && Numbers("values", count) is { } values ? IsotonicCalibrator.Restore(points, values) : null;
            default:
                return scoreCount > 1 && Numbers("factors", scoreCount) is { } factors && Numbers("offsets", scoreCount) is { } offsets
                    ? SoftmaxCalibrator.Restore(factors, offsets, method == CalibrationMethod.Temperature)
                    : null;
        }
    }

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
