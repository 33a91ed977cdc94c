using Mlp.Runtime.Onnx;
using Mlp.Runtime.Statistics.Estimation;

namespace Mlp.Training.Evaluation.Calibration;

/// <summary>
/// A growing function of the log odds, linear between its points and constant outside them. In C# and as nodes it is computed in float64 by the same operations in the same order, so that equal inputs give equal
/// bits.
/// </summary>
internal sealed class IsotonicCalibrator : Calibrator
{
    /// <summary>How much a probability may change with the log odds, times max(1, |log odds|): a last bit of a model's float32 sum must not show in the probability.</summary>
    internal const double GreatestSlope = 2;

    private const double FirstCell = 1.0 / 1024;

    private readonly double[] _points;
    private readonly double[] _values;
    private readonly double[] _slopes;

    public IsotonicCalibrator(IsotonicRegression function)
        : this(function.Scores.ToArray(), function.Values.ToArray())
    {
    }

    private IsotonicCalibrator(double[] points, double[] values)
    {
        (_points, _values) = (points, values);
        _slopes = new double[_points.Length];
        for (var i = 0; i + 1 < _slopes.Length; i++)
        {
            _slopes[i] = (_values[i + 1] - _values[i]) / (_points[i + 1] - _points[i]);
        }

        Parameters = new SortedDictionary<string, double>(StringComparer.Ordinal) { ["highest"] = _values[^1], ["lowest"] = _values[0], ["points"] = _points.Length };
    }

    public override IReadOnlyDictionary<string, double> Parameters { get; }

    public override IReadOnlyDictionary<string, double[]> Function => new Dictionary<string, double[]> { ["points"] = _points, ["values"] = _values };

    /// <summary>The function through points; null where they do not grow.</summary>
    public static IsotonicCalibrator? Restore(double[] points, double[] values)
        => Enumerable.Range(1, points.Length - 1).All(i => points[i] > points[i - 1] && values[i] >= values[i - 1]) ? new(points, values) : null;

    /// <summary>Fits the function. Where it would be too steep, log odds that lie in one cell of a grid are one point, and the cells grow until it is not.</summary>
    public static IsotonicCalibrator Fit(CalibrationRows rows, CancellationToken cancellationToken)
    {
        var distinct = DistinctPoints(rows, cancellationToken);
        for (var cell = 0.0; ; cell = cell == 0 ? FirstCell : cell * 2)
        {
            cancellationToken.ThrowIfCancellationRequested();
            var function = Fit(distinct, cell);
            if (function.Values[0] == function.Values[^1])
            {
                throw cell > 0
                    ? new TrainingDataException(FormattableString.Invariant($"Expected scores that lie further apart, but over the {rows.Count} rows to calibrate on the share of class 1 changes within log odds so close that isotonic regression would be too steep for a file to repeat: calibrate by {CalibrationMethod.Platt}."))
                    : new TrainingDataException(FormattableString.Invariant($"Expected scores that grow with the share of class 1, but over the {rows.Count} rows to calibrate on they do not: isotonic regression would say the same of every row."));
            }

            var calibrator = new IsotonicCalibrator(function);
            if (calibrator.IsGentle())
            {
                return calibrator;
            }
        }
    }

    public override void Apply(ReadOnlySpan<float> said, Span<float> scores)
    {
        for (var i = 0; i < scores.Length; i++)
        {
            scores[i] = (float)At(said[i]);
        }
    }

    public override string Write(OnnxGraphBuilder graph, string said)
    {
        string Constants(string name, double[] values) => graph.AddConstant(graph.UniqueName(name), values, values.Length);

        var points = Constants("calibration.points", _points);
        var least = Constants("calibration.first", _points[..1]);
        var greatest = Constants("calibration.last", _points[^1..]);
        var wide = graph.AddNode("Cast", [said], [OnnxAttribute.Int("to", (int)OnnxDataType.Float64)]);
        var low = graph.AddNode("Where", [graph.AddNode("Less", [wide, least]), least, wide]);
        var inside = graph.AddNode("Where", [graph.AddNode("Greater", [low, greatest]), greatest, low]);

        // The number of points at or below, less one, is the piece: shape (N, 1).
        var below = graph.AddNode("Cast", [graph.AddNode("GreaterOrEqual", [inside, points])], [OnnxAttribute.Int("to", (int)OnnxDataType.Int64)]);
        var axes = graph.AddConstant(graph.UniqueName("calibration.axes"), (ReadOnlySpan<long>)[1], 1);
        var one = graph.AddConstant(graph.UniqueName("calibration.one"), (ReadOnlySpan<long>)[1], 1);
        var piece = graph.AddNode("Sub", [graph.AddNode("ReduceSum", [below, axes], [OnnxAttribute.Int("keepdims", 1)]), one]);
        var distance = graph.AddNode("Sub", [inside, graph.AddNode("Gather", [points, piece])]);
        var rise = graph.AddNode("Mul", [graph.AddNode("Gather", [Constants("calibration.slopes", _slopes), piece]), distance]);
        var value = graph.AddNode("Add", [graph.AddNode("Gather", [Constants("calibration.values", _values), piece]), rise]);
        return graph.AddNode("Cast", [value], [OnnxAttribute.Int("to", (int)OnnxDataType.Float32)]);
    }

    private static IsotonicRegression Fit(List<(float Said, double Positive, double Weight)> distinct, double cell)
    {
        var (points, means, weights) = (new List<double>(), new List<double>(), new List<double>());
        for (var start = 0; start < distinct.Count;)
        {
            var point = Point(distinct[start].Said, cell);
            var (end, positive, weight) = (start, 0.0, 0.0);
            for (; end < distinct.Count && Point(distinct[end].Said, cell) == point; end++)
            {
                weight += distinct[end].Weight;
                positive += distinct[end].Positive;
            }

            points.Add(point);
            means.Add(positive / weight);
            weights.Add(weight);
            start = end;
        }

        return IsotonicRegression.FitPoints(points, means, weights);
    }

    // Sorted once: every size of cells pools these.
    private static List<(float Said, double Positive, double Weight)> DistinctPoints(CalibrationRows rows, CancellationToken cancellationToken)
    {
        cancellationToken.ThrowIfCancellationRequested();
        int[] order = [.. Enumerable.Range(0, rows.Count).Where(r => rows.Weights[r] > 0)];
        var said = Array.ConvertAll(order, r => rows.Said[r]);
        Array.Sort(said, order);
        cancellationToken.ThrowIfCancellationRequested();
        var distinct = new List<(float Said, double Positive, double Weight)>();
        for (var start = 0; start < order.Length;)
        {
            var (end, positive, weight) = (start, 0.0, 0.0);
            for (; end < order.Length && said[end] == said[start]; end++)
            {
                weight += rows.Weights[order[end]];
                positive += rows.Labels[order[end]] == 1 ? rows.Weights[order[end]] : 0;
            }

            distinct.Add((said[start], positive, weight));
            start = end;
        }

        return distinct;
    }

    // The middle of the cell; cells are powers of two, so that this is exact.
    private static double Point(float said, double cell) => cell == 0 ? said : (Math.Floor(said / cell) + 0.5) * cell;

    private bool IsGentle()
    {
        for (var i = 0; i + 1 < _points.Length; i++)
        {
            if (_slopes[i] * Math.Max(1, Math.Max(Math.Abs(_points[i]), Math.Abs(_points[i + 1]))) > GreatestSlope)
            {
                return false;
            }
        }

        return true;
    }

    private double At(double said)
    {
        if (double.IsNaN(said))
        {
            return said;
        }

        var inside = said < _points[0] ? _points[0] : said > _points[^1] ? _points[^1] : said;
        var found = Array.BinarySearch(_points, inside);
        var piece = found >= 0 ? found : ~found - 1;
        return _values[piece] + (_slopes[piece] * (inside - _points[piece]));
    }
}
