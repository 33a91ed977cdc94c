namespace Mlp.Monitoring.Drift;

/// <summary>
/// Rows picked from a window, at most so many: a reservoir by keys log(u)/w (Efraimidis and Spirakis, "Weighted Random Sampling with a Reservoir", 2006), and of those kept as many that each row of the window, picked by sampling or not, is as
/// likely to be represented: a row with key above the threshold t was kept with probability 1 − exp(t w), stands for w / (1 − exp(t w)) others, and stays as likely as that number says. Seeded: the same rows give the same sample. Not thread-safe.
/// </summary>
/// <param name="limit">Rows that are kept at most.</param>
/// <param name="columnCount">Columns.</param>
internal sealed class RowSample(int limit, int columnCount)
{
    private const int Seed = 20_061;

    private readonly PriorityQueue<(long Index, double Weight, double[] Row), double> _kept = new();
    private readonly Random _random = new(Seed);
    private double _threshold = double.NegativeInfinity;
    private double[][]? _rows;
    private long _index;

    /// <summary>Columns.</summary>
    public int ColumnCount => columnCount;

    /// <summary>Rows that represent the window.</summary>
    public int RowCount => Rows.Count;

    /// <summary>They, in the order in which they came.</summary>
    public IReadOnlyList<double[]> Rows => _rows ??= Pick();

    /// <summary>Decides on the next row.</summary>
    /// <param name="weight">How many rows it stands for, above 0.</param>
    /// <returns>Where to put it, all NaN; null where it is not kept.</returns>
    public double[]? Next(double weight)
    {
        var key = Math.Log(1 - _random.NextDouble()) / weight;
        var index = _index++;
        _rows = null;
        if (_kept.Count >= limit)
        {
            if (!_kept.TryPeek(out var least, out var smallest) || key <= smallest)
            {
                _threshold = Math.Max(_threshold, key);
                return null;
            }

            _threshold = Math.Max(_threshold, smallest);
            _kept.DequeueEnqueue((index, weight, least.Row), key);
            least.Row.AsSpan().Fill(double.NaN);
            return least.Row;
        }

        var row = new double[columnCount];
        row.AsSpan().Fill(double.NaN);
        _kept.Enqueue((index, weight, row), key);
        return row;
    }

    private double[][] Pick()
    {
        var kept = _kept.UnorderedItems.Select(i => (i.Element.Index, i.Element.Row, Represented: i.Element.Weight / (1 - Math.Exp(_threshold * i.Element.Weight)))).OrderBy(e => e.Index).ToArray();
        var most = kept.Select(e => e.Represented).DefaultIfEmpty().Max();
        var coin = new Random(Seed);
        return [.. kept.Where(e => coin.NextDouble() * most < e.Represented).Select(e => e.Row)];
    }
}
