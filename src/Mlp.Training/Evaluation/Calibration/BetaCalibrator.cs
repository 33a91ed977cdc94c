using Mlp.Runtime.Onnx;

namespace Mlp.Training.Evaluation.Calibration;

/// <summary>
/// σ(a·ln p − b·ln(1 − p) + c) with a, b ≥ 0 (Kull, Silva Filho and Flach, "Beta Calibration", AISTATS 2017), on Platt's targets. Of the log odds z, ln p is −softplus(−z) and −ln(1 − p) is softplus(z).
/// </summary>
internal sealed class BetaCalibrator(double a, double b, double c) : Calibrator
{
    public override IReadOnlyDictionary<string, double> Parameters { get; } = new SortedDictionary<string, double>(StringComparer.Ordinal) { ["a"] = a, ["b"] = b, ["c"] = c };

    public override IReadOnlyDictionary<string, double[]> Function { get; } = new Dictionary<string, double[]> { ["a"] = [a], ["b"] = [b], ["c"] = [c] };

    public static BetaCalibrator Fit(CalibrationRows rows, CancellationToken cancellationToken)
    {
        var ofOne = Array.ConvertAll(rows.Said, z => -LogOdds.Softplus(-z));
        var ofZero = Array.ConvertAll(rows.Said, z => LogOdds.Softplus(z));
        var fit = LogisticFit.Run([ofOne, ofZero], rows, cancellationToken);

        // As the authors: a factor that would be negative is left out, and the other one fitted again.
        if (fit[0] < 0)
        {
            var rest = LogisticFit.Run([ofZero], rows, cancellationToken);
            fit = [0, rest[0], rest[1]];
        }
        else if (fit[1] < 0)
        {
            var rest = LogisticFit.Run([ofOne], rows, cancellationToken);
            fit = [rest[0], 0, rest[1]];
        }

        return fit[0] >= 0 && fit[1] >= 0
            ? new(fit[0], fit[1], fit[2])
            : throw new TrainingDataException(FormattableString.Invariant($"Expected scores that grow with the share of class 1, but over the {rows.Count} rows to calibrate on they fall: the calibrated model would turn their order round."));
    }

    public override void Apply(ReadOnlySpan<float> said, Span<float> scores)
    {
        for (var i = 0; i < scores.Length; i++)
        {
            // A factor of 0 takes no part, as in the graph: of infinite log odds it would make NaN.
            var logit = c - (a == 0 ? 0 : a * LogOdds.Softplus(-said[i])) + (b == 0 ? 0 : b * LogOdds.Softplus(said[i]));
            scores[i] = (float)Sigmoid(logit);
        }
    }

    public override string Write(OnnxGraphBuilder graph, string said)
    {
        var logit = Constant(graph, "calibration.c", c);
        if (a != 0)
        {
            logit = graph.AddNode("Sub", [logit, graph.AddNode("Mul", [graph.AddNode("Softplus", [graph.AddNode("Neg", [said])]), Constant(graph, "calibration.a", a)])]);
        }

        if (b != 0)
        {
            logit = graph.AddNode("Add", [logit, graph.AddNode("Mul", [graph.AddNode("Softplus", [said]), Constant(graph, "calibration.b", b)])]);
        }

        return graph.AddNode("Sigmoid", [logit]);
    }
}
