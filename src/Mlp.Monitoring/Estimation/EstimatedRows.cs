using System.Runtime.InteropServices;
using Mlp.Monitoring.Labels.Joins;
using Mlp.Runtime.Predictions;
using Mlp.Runtime.Statistics;

namespace Mlp.Monitoring.Estimation;

/// <summary>
/// The rows that quality is estimated from, as columns of numbers: 48 bytes a row, and 8 for each number beside the score. Rows are added, then brought into the order of their requests. Not thread-safe.
/// </summary>
/// <param name="valueCount">Numbers per row beside its score.</param>
internal sealed class EstimatedRows(int valueCount)
{
    private readonly List<(long Time, PredictionId Request)> _keys = [];
    private readonly List<double> _labels = [];
    private readonly List<double> _scores = [];
    private readonly List<double> _values = [];
    private readonly List<double> _weights = [];

    /// <summary>Number of rows.</summary>
    public int Count => _keys.Count;

    /// <summary>Numbers per row beside its score.</summary>
    public int ValueCount => valueCount;

    /// <summary>Scores, shape (rows).</summary>
    public ReadOnlySpan<double> Scores => CollectionsMarshal.AsSpan(_scores);

    /// <summary>Labels, shape (rows); NaN where there is none.</summary>
    public ReadOnlySpan<double> Labels => CollectionsMarshal.AsSpan(_labels);

    /// <summary>Sampling weights, shape (rows).</summary>
    public ReadOnlySpan<double> Weights => CollectionsMarshal.AsSpan(_weights);

    /// <summary>Numbers beside the scores, shape (rows, <see cref="ValueCount"/>), row-major.</summary>
    public ReadOnlySpan<double> Values => CollectionsMarshal.AsSpan(_values);

    /// <summary>Request time of a row, microseconds.</summary>
    public long TimeAt(int row) => _keys[row].Time;

    /// <summary>Whether quality can be estimated from an answer.</summary>
    public static bool CanHold(in JoinedRow row) => row.IsScored && double.IsFinite(row.Score) && SamplingWeights.IsValid(row.Weight);

    /// <summary>Adds a row.</summary>
    /// <param name="row">The answer with its label.</param>
    /// <param name="values">Its numbers.</param>
    public void Add(in JoinedRow row, ReadOnlySpan<double> values)
    {
        _keys.Add((row.RequestTime, row.RequestId));
        _labels.Add(row.Label);
        _scores.Add(row.Score);
        _weights.Add(row.Weight);
        _values.AddRange(values[..valueCount]);
    }

    /// <summary>Brings the rows into the order of their requests.</summary>
    public void Sort()
    {
        var order = Enumerable.Range(0, Count).ToArray();
        System.Array.Sort(_keys.ToArray(), order);
        Reorder(_keys, order, 1);
        Reorder(_labels, order, 1);
        Reorder(_scores, order, 1);
        Reorder(_weights, order, 1);
        Reorder(_values, order, valueCount);
    }

    /// <summary>The first row of a request time or later, of sorted rows.</summary>
    /// <param name="time">Microseconds.</param>
    public int FindFirst(long time)
    {
        var (low, high) = (0, Count);
        while (low < high)
        {
            var middle = low + ((high - low) / 2);
            (low, high) = _keys[middle].Time < time ? (middle + 1, high) : (low, middle);
        }

        return low;
    }

    /// <summary>The weights of some rows; none where each counts once.</summary>
    /// <param name="rows">The rows.</param>
    public ReadOnlySpan<double> WeightsOf(Range rows) => Weights[rows].ContainsAnyExcept(1.0) ? Weights[rows] : [];

    /// <summary>The numbers of some rows, shape (rows, <see cref="ValueCount"/>), row-major.</summary>
    /// <param name="rows">The rows.</param>
    public ReadOnlySpan<double> ValuesOf(Range rows) => Values[(rows.Start.Value * valueCount)..(rows.End.Value * valueCount)];

    private static void Reorder<T>(List<T> column, int[] order, int width)
    {
        var old = column.ToArray();
        var target = CollectionsMarshal.AsSpan(column);
        for (var i = 0; i < order.Length; i++)
        {
            old.AsSpan(order[i] * width, width).CopyTo(target[(i * width)..]);
        }
    }
}
