using Mlp.Runtime.Onnx;

namespace Mlp.Training.Evaluation.Calibration;

/// <summary>σ(slope · z + intercept) of the log odds z.</summary>
internal sealed class PlattCalibrator(double slope, double intercept) : Calibrator
{
    public override IReadOnlyDictionary<string, double> Parameters { get; } = new SortedDictionary<string, double>(StringComparer.Ordinal) { ["intercept"] = intercept, ["slope"] = slope };

    public override IReadOnlyDictionary<string, double[]> Function { get; } = new Dictionary<string, double[]> { ["slope"] = [slope], ["intercept"] = [intercept] };

    public static PlattCalibrator Fit(CalibrationRows rows, CancellationToken cancellationToken)
    {
        var fit = LogisticFit.Run([Array.ConvertAll(rows.Said, z => (double)z)], rows, cancellationToken);
        return fit[0] > 0
            ? new(fit[0], fit[1])
            : throw new TrainingDataException(FormattableString.Invariant($"Expected scores that grow with the share of class 1, but over the {rows.Count} rows to calibrate on they fall: the calibrated model would turn their order round."));
    }

    public override void Apply(ReadOnlySpan<float> said, Span<float> scores)
    {
        for (var i = 0; i < scores.Length; i++)
        {
            scores[i] = (float)Sigmoid((slope * said[i]) + intercept);
        }
    }

    public override string Write(OnnxGraphBuilder graph, string said)
    {
        var scaled = graph.AddNode("Mul", [said, Constant(graph, "calibration.slope", slope)]);
        return graph.AddNode("Sigmoid", [graph.AddNode("Add", [scaled, Constant(graph, "calibration.intercept", intercept)])]);
    }
}
