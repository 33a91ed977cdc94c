using Mlp.Runtime.Data;
using Mlp.Runtime.Models;

namespace Mlp.Runtime.Kernels.Trial;

/// <summary>
/// Rows to try a kernel on: some of ordinary numbers, drawn around what means something to the model, and some with an extreme among them (NaN, infinities, zeros of both signs, the
/// least and the greatest numbers, a threshold and its neighbours). The same seed gives the same rows.
/// </summary>
/// <remarks>
/// A row has at most one number of the size of 1e38: the sum of two depends on their order as much as on anything else, so two engines need not agree on it.
/// </remarks>
internal sealed class TrialRows
{
    /// <summary>Rows in all.</summary>
    public const int Count = 1000;

    private const int Seed = 20_240_117;

    private static readonly float[] Extremes =
    [
        float.NaN, float.PositiveInfinity, float.NegativeInfinity, 0f, -0f, float.Epsilon, -float.Epsilon, 1e-40f, -1e-40f, 1e38f, -1e38f, float.MaxValue, float.MinValue, 1e6f, -1e6f,
    ];

    private readonly Random _random = new(Seed);
    private readonly IReadOnlyList<FeatureInput> _inputs;
    private readonly List<(int Input, int Column)> _columns = [];
    private readonly Dictionary<(int Input, int Column), (double[] Points, double Centre, double Scale)> _known = [];

    /// <summary>Prepares.</summary>
    /// <param name="hints">Which numbers mean something to the model.</param>
    /// <param name="inputs">The inputs of the model.</param>
    public TrialRows(InputHints hints, IReadOnlyList<FeatureInput> inputs)
    {
        _inputs = inputs;
        for (var input = 0; input < inputs.Count; input++)
        {
            for (var column = 0; column < inputs[input].Width; column++)
            {
                var (centre, scale) = hints.RangeOf(input, column);
                _columns.Add((input, column));
                _known.Add((input, column), (hints.PointsOf(input, column), centre, scale));
            }
        }
    }

    /// <summary>Writes the next rows.</summary>
    /// <param name="first">Number of the first one.</param>
    /// <param name="rows">Receives as many rows as it has in use.</param>
    public void Fill(int first, FeatureRows rows)
    {
        FillOrdinary(rows);
        for (var row = (first + 1) % 2; row < rows.RowCount; row += 2)
        {
            WriteExtremes(rows, row, first + row);
        }
    }

    /// <summary>Writes rows without extremes, to measure with: a number below 1e-38 alone makes the processor take a hundred times as long.</summary>
    /// <param name="rows">Receives as many rows as it has in use.</param>
    public void FillOrdinary(FeatureRows rows)
    {
        for (var row = 0; row < rows.RowCount; row++)
        {
            for (var input = 0; input < _inputs.Count; input++)
            {
                for (var column = 0; column < _inputs[input].Width; column++)
                {
                    Write(rows, row, _inputs[input], column, Ordinary(input, column));
                }
            }
        }
    }

    // Half of the rows: one column is extreme in each, in turn; in a tenth several are missing or infinite.
    private void WriteExtremes(FeatureRows rows, int row, int number)
    {
        if (_columns.Count == 0)
        {
            return;
        }

        var (input, column) = _columns[number / 2 % _columns.Count];
        var extreme = Extremes[_random.Next(Extremes.Length)];
        Write(rows, row, _inputs[input], column, extreme);
        if (number % 10 == 1)
        {
            for (var i = 0; i < 3; i++)
            {
                (input, column) = _columns[_random.Next(_columns.Count)];
                Write(rows, row, _inputs[input], column, Extremes[_random.Next(3)]);
            }
        }
    }

    private double Ordinary(int input, int column)
    {
        var (points, centre, scale) = _known[(input, column)];
        if (points.Length > 0 && _random.Next(3) != 0)
        {
            // Ties are where two ways of comparing differ first.
            var point = points[_random.Next(points.Length)];
            return _random.Next(4) switch
            {
                0 => point,
                1 => _inputs[input].Type == FeatureType.Float64 ? Math.BitIncrement(point) : MathF.BitIncrement((float)point),
                2 => _inputs[input].Type == FeatureType.Float64 ? Math.BitDecrement(point) : MathF.BitDecrement((float)point),
                _ => points[_random.Next(points.Length)] is var other ? (point / 2) + (other / 2) : point,
            };
        }

        return centre + (scale * Normal());
    }

    private double Normal() => Math.Sqrt(-2 * Math.Log(1 - _random.NextDouble())) * Math.Cos(2 * Math.PI * _random.NextDouble());

    private void Write(FeatureRows rows, int row, FeatureInput input, int column, double value)
    {
        var ordinal = input.Ordinal + column;
        switch (input.Kind == FeatureInputKind.Status ? null : input.Type)
        {
            case null:
                rows.StatusOf(row)[column] = (FeatureStatus)_random.Next(4);
                break;
            case FeatureType.Float32:
                rows.Float32Of(row)[ordinal] = (float)value;
                break;
            case FeatureType.Float64:
                rows.Float64Of(row)[ordinal] = value;
                break;
            case FeatureType.Int64:
                rows.Int64Of(row)[ordinal] = double.IsFinite(value) ? (long)Math.Round(Math.Clamp(value, -9e15, 9e15)) : _random.Next();
                break;
            case FeatureType.Boolean:
                rows.BooleanOf(row)[ordinal] = _random.Next(2) == 1;
                break;
        }
    }
}
