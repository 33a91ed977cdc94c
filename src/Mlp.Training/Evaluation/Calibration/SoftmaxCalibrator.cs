using Mlp.Runtime.Onnx;

namespace Mlp.Training.Evaluation.Calibration;

/// <summary>softmax(w·ln p + b) of the probabilities of several classes (Guo et al., "On Calibration of Modern Neural Networks", ICML 2017, section 4.2: vector scaling; with one w and no b temperature scaling).</summary>
internal sealed class SoftmaxCalibrator : Calibrator
{
    /// <summary>Smaller probabilities are taken for this one.</summary>
    private const float Least = 1e-30f;

    private const double GreatestTemperature = 100;

    private readonly double[] _factors;
    private readonly double[] _offsets;
    private readonly bool _isTemperature;

    private SoftmaxCalibrator(double[] factors, double[] offsets, bool isTemperature)
    {
        (_factors, _offsets, _isTemperature) = (factors, offsets, isTemperature);
        var parameters = new SortedDictionary<string, double>(StringComparer.Ordinal);
        if (isTemperature)
        {
            parameters["temperature"] = 1 / factors[0];
        }

        for (var k = 0; k < factors.Length && !isTemperature; k++)
        {
            parameters[FormattableString.Invariant($"factor_{k}")] = factors[k];
            parameters[FormattableString.Invariant($"offset_{k}")] = offsets[k];
        }

        Parameters = parameters;
    }

    public override IReadOnlyDictionary<string, double> Parameters { get; }

    public override IReadOnlyDictionary<string, double[]> Function => new Dictionary<string, double[]> { ["factors"] = _factors, ["offsets"] = _offsets };

    /// <summary>The function of given numbers.</summary>
    public static SoftmaxCalibrator Restore(double[] factors, double[] offsets, bool isTemperature) => new(factors, offsets, isTemperature);

    /// <summary>Fits one temperature, 0.01 to 100.</summary>
    public static SoftmaxCalibrator FitTemperature(CalibrationRows rows, CancellationToken cancellationToken)
    {
        var logs = Logs(rows.Said);
        var k = rows.Width;
        double[] inverse = [1];
        ConvexMinimum.Find(
            inverse,
            (p, gradient, curvature) =>
            {
                var (loss, first, second) = (0.0, 0.0, 0.0);
                var probabilities = new double[k];
                for (var row = 0; row < rows.Count; row++)
                {
                    var log = logs.AsSpan(row * k, k);
                    var weight = rows.Weights[row] / rows.TotalWeight;
                    for (var c = 0; c < k; c++)
                    {
                        probabilities[c] = p[0] * log[c];
                    }

                    var total = Softmax(probabilities);
                    var (mean, square) = (0.0, 0.0);
                    for (var c = 0; c < k; c++)
                    {
                        mean += probabilities[c] * log[c];
                        square += probabilities[c] * log[c] * log[c];
                    }

                    loss += weight * (total - (p[0] * log[rows.Labels[row]]));
                    first += weight * (mean - log[rows.Labels[row]]);
                    second += weight * (square - (mean * mean));
                }

                (gradient[0], curvature[0]) = (first, second);
                return loss;
            },
            cancellationToken);
        var factor = Math.Clamp(inverse[0], 1 / GreatestTemperature, GreatestTemperature);
        return new([.. Enumerable.Repeat(factor, k)], new double[k], isTemperature: true);
    }

    /// <summary>
    /// Fits a factor and an offset per class, with the penalty ½·Σ((w − 1)² + b²) on the summed loss: as much as a row says, which settles what the data leaves open.
    /// </summary>
    public static SoftmaxCalibrator FitVector(CalibrationRows rows, CancellationToken cancellationToken)
    {
        var logs = Logs(rows.Said);
        var k = rows.Width;
        var parameters = new double[2 * k];
        Array.Fill(parameters, 1, 0, k);
        ConvexMinimum.Find(parameters, (p, gradient, curvature) => VectorLoss(rows, logs, p, gradient, curvature), cancellationToken);
        return new(parameters[..k], parameters[k..], isTemperature: false);
    }

    public override void Apply(ReadOnlySpan<float> said, Span<float> scores)
    {
        var k = _factors.Length;
        var probabilities = new double[k];
        for (var start = 0; start < scores.Length; start += k)
        {
            for (var c = 0; c < k; c++)
            {
                probabilities[c] = (_factors[c] * Log(said[start + c])) + _offsets[c];
            }

            Softmax(probabilities);
            for (var c = 0; c < k; c++)
            {
                scores[start + c] = (float)probabilities[c];
            }
        }
    }

    public override string Write(OnnxGraphBuilder graph, string said)
    {
        string Constants(string name, double[] values) => graph.AddConstant(graph.UniqueName(name), Array.ConvertAll(values, v => (float)v), values.Length);

        var least = Constant(graph, "calibration.least", Least);
        var log = graph.AddNode("Log", [graph.AddNode("Where", [graph.AddNode("Less", [said, least]), least, said])]);
        var logits = graph.AddNode("Mul", [log, Constants("calibration.factors", _factors)]);
        if (!_isTemperature)
        {
            logits = graph.AddNode("Add", [logits, Constants("calibration.offsets", _offsets)]);
        }

        return graph.AddNode("Softmax", [logits], [OnnxAttribute.Int("axis", 1)]);
    }

    private static double VectorLoss(CalibrationRows rows, double[] logs, double[] p, double[] gradient, double[] curvature)
    {
        var k = rows.Width;
        var n = 2 * k;
        Array.Clear(gradient);
        Array.Clear(curvature);
        var probabilities = new double[k];
        double loss = 0;
        for (var row = 0; row < rows.Count; row++)
        {
            var start = row * k;
            var weight = rows.Weights[row] / rows.TotalWeight;
            for (var c = 0; c < k; c++)
            {
                probabilities[c] = (p[c] * logs[start + c]) + p[k + c];
            }

            var total = Softmax(probabilities);
            loss += weight * (total - (p[rows.Labels[row]] * logs[start + rows.Labels[row]]) - p[k + rows.Labels[row]]);
            for (var i = 0; i < k; i++)
            {
                var x = logs[start + i];
                var first = weight * (probabilities[i] - (rows.Labels[row] == i ? 1 : 0));
                gradient[i] += first * x;
                gradient[k + i] += first;
                for (var j = 0; j < k; j++)
                {
                    var second = weight * probabilities[i] * ((i == j ? 1 : 0) - probabilities[j]);
                    curvature[(i * n) + j] += second * x * logs[start + j];
                    curvature[((k + i) * n) + j] += second * logs[start + j];
                    curvature[((k + i) * n) + k + j] += second;
                }
            }
        }

        for (var i = 0; i < n; i++)
        {
            var distance = p[i] - (i < k ? 1 : 0);
            loss += 0.5 * distance * distance / rows.TotalWeight;
            gradient[i] += distance / rows.TotalWeight;
            curvature[(i * n) + i] += 1 / rows.TotalWeight;
        }

        return loss;
    }

    /// <summary>Turns logits into probabilities; returns the logarithm of the sum of e^logit.</summary>
    private static double Softmax(Span<double> values)
    {
        var greatest = double.NegativeInfinity;
        foreach (var value in values)
        {
            greatest = Math.Max(greatest, value);
        }

        double sum = 0;
        foreach (ref var value in values)
        {
            sum += value = Math.Exp(value - greatest);
        }

        foreach (ref var value in values)
        {
            value /= sum;
        }

        return greatest + Math.Log(sum);
    }

    private static double[] Logs(float[] probabilities) => Array.ConvertAll(probabilities, Log);

    private static double Log(float probability) => Math.Log(probability < Least ? Least : probability);
}
