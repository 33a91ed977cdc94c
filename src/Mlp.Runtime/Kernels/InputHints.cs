namespace Mlp.Runtime.Kernels;

/// <summary>Which numbers mean something to a model, by column of its inputs: thresholds, and about how far its values go. What a kernel is tried on is drawn around them.</summary>
internal sealed class InputHints
{
    private readonly Dictionary<(int Input, int Column), List<double>> _points = [];
    private readonly Dictionary<(int Input, int Column), (double Centre, double Scale)> _ranges = [];

    /// <summary>Notes numbers at which the answer may change.</summary>
    /// <param name="origin">Where the column comes from.</param>
    /// <param name="value">The number, as the column has it.</param>
    public void AddPoint(ColumnOrigin origin, double value)
    {
        var point = origin.InputOf(value);
        if (origin.Input < 0 || !double.IsFinite(point))
        {
            return;
        }

        var key = (origin.Input, origin.Column);
        if (!_points.TryGetValue(key, out var points))
        {
            _points.Add(key, points = []);
        }

        points.Add(point);
    }

    /// <summary>Notes that a column is multiplied by a weight: values of about its inverse are neither lost nor all that counts.</summary>
    /// <param name="origin">Where the column comes from.</param>
    /// <param name="weight">The greatest weight.</param>
    public void AddWeight(ColumnOrigin origin, double weight)
    {
        var scale = Math.Abs(origin.Factor / Math.Max(Math.Abs(weight), 1e-6));
        if (origin.Input < 0 || !double.IsFinite(scale) || !double.IsFinite(origin.Offset))
        {
            return;
        }

        var key = (origin.Input, origin.Column);
        if (!_ranges.TryGetValue(key, out var known) || scale < known.Scale)
        {
            _ranges[key] = (origin.Offset, scale);
        }
    }

    /// <summary>The points of a column in ascending order.</summary>
    /// <param name="input">Index of the input.</param>
    /// <param name="column">Column of the input.</param>
    public double[] PointsOf(int input, int column) => _points.TryGetValue((input, column), out var points) ? [.. points.Distinct().Order()] : [];

    /// <summary>About where the values of a column lie.</summary>
    /// <param name="input">Index of the input.</param>
    /// <param name="column">Column of the input.</param>
    public (double Centre, double Scale) RangeOf(int input, int column)
    {
        if (_ranges.TryGetValue((input, column), out var range))
        {
            return range;
        }

        return _points.TryGetValue((input, column), out var points)
            ? RangeOf(points.Min(), points.Max())
            : (0, 1);
    }
    private static (double Centre, double Scale) RangeOf(double least, double greatest)
        => ((least / 2) + (greatest / 2), Math.Max((greatest / 2) - (least / 2), Math.Max(1, Math.Abs(greatest))));
}
