namespace Mlp.Monitoring.Drift;

/// <summary>
/// Rows picked from a window, each as likely as its weight says, at most so many: a reservoir by keys log(u)/w (Efraimidis and Spirakis, "Weighted Random Sampling with a Reservoir", 2006). Seeded: the same rows give
/// the same sample. Not thread-safe.
/// </summary>
/// <param name="limit">Rows that are kept at most.</param>
/// <param name="columnCount">Columns.</param>
internal sealed class RowSample(int limit, int columnCount)
{
    private readonly PriorityQueue<(long Index, double[] Row), double> _kept = new();
    private readonly Random _random = new(20_061);
    private long _index;

    /// <summary>Columns.</summary>
    public int ColumnCount => columnCount;

    /// <summary>Rows that are kept.</summary>
    public int RowCount => _kept.Count;

    /// <summary>Decides on the next row.</summary>
    /// <param name="weight">How many rows it stands for, above 0.</param>
    /// <returns>Where to put it, all NaN; null where it is not kept.</returns>
    public double[]? Next(double weight)
    {
        var key = Math.Log(1 - _random.NextDouble()) / weight;
        var index = _index++;
        if (_kept.Count >= limit)
        {
            if (!_kept.TryPeek(out var least, out var smallest) || key <= smallest)
            {
                return null;
            }

            _kept.DequeueEnqueue((index, least.Row), key);
            least.Row.AsSpan().Fill(double.NaN);
            return least.Row;
        }

        var row = new double[columnCount];
        row.AsSpan().Fill(double.NaN);
        _kept.Enqueue((index, row), key);
        return row;
    }

    /// <summary>The rows in the order in which they came.</summary>
    public IEnumerable<double[]> Rows => _kept.UnorderedItems.Select(i => i.Element).OrderBy(e => e.Index).Select(e => e.Row);
}
