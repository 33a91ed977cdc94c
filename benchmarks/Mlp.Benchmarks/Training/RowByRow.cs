using Mlp.Training.Preprocessing;

namespace Mlp.Benchmarks.Training;

/// <summary>The recipes of <see cref="PreprocessingRows"/> as one writes them by hand: a row at a time, quantiles by binary search, texts by a dictionary.</summary>
internal sealed class RowByRow
{
    private const int Numbers = 8;
    private readonly FeatureTable _table;
    private readonly double[] _centres = new double[Numbers];
    private readonly double[] _scales = new double[Numbers];
    private readonly double[] _quantiles;
    private readonly double[] _edges;
    private readonly Dictionary<string, int>[] _slots;

    public RowByRow(FeatureTable table, int rowCount)
    {
        _table = table;
        var sorted = Enumerable.Range(0, Numbers).Select(c => Enumerable.Range(0, rowCount).Select(r => Number(c, r)).Where(double.IsFinite).Order().ToArray()).ToArray();
        for (var column = 0; column < Numbers; column++)
        {
            var mean = sorted[column].Average();
            (_centres[column], _scales[column]) = (mean, Math.Sqrt(sorted[column].Average(v => (v - mean) * (v - mean))));
        }

        _quantiles = [.. Enumerable.Range(0, 1000).Select(i => sorted[6][(int)((sorted[6].Length - 1) * (i / 999.0))])];
        _edges = [.. Enumerable.Range(1, 15).Select(i => sorted[7][(int)((sorted[7].Length - 1) * (i / 16.0))])];
        _slots = [.. Enumerable.Range(Numbers, 2).Select(c => ((TextColumn)table.Columns[c]).Texts.Select((t, i) => (t, i)).ToDictionary(p => p.t, p => p.i, StringComparer.Ordinal))];
        Width = (Numbers * 2) + _edges.Length + _slots.Sum(s => s.Count);
    }

    public int Width { get; }

    /// <summary>Encodes a row.</summary>
    public void Encode(int row, float[] destination)
    {
        Array.Clear(destination);
        var next = 0;
        for (var column = 0; column < Numbers - 1; column++)
        {
            var value = Number(column, row);
            var isMissing = !double.IsFinite(value);
            value = isMissing ? _centres[column] : value;
            if (column == 6)
            {
                var found = Array.BinarySearch(_quantiles, value);
                destination[next++] = (found < 0 ? ~found : found) / 1000f;
            }
            else
            {
                value = column >= 4 ? Math.Log(1 + value) : value;
                destination[next++] = (float)((value - _centres[column]) / _scales[column]);
            }

            destination[next++] = isMissing ? 1 : 0;
        }

        var last = Number(7, row);
        var bucket = Array.BinarySearch(_edges, double.IsFinite(last) ? last : _centres[7]);
        destination[next] = double.IsFinite(last) ? 0 : 1;
        destination[next + 1 + (bucket < 0 ? ~bucket : bucket)] = 1;
        next += _edges.Length + 2;
        for (var text = 0; text < _slots.Length; text++)
        {
            destination[next + _slots[text][((TextColumn)_table.Columns[Numbers + text]).TextAt(row)]] = 1;
            next += _slots[text].Count;
        }
    }

    private double Number(int column, int row) => ((INumberSource)_table.Columns[column]).NumberAt(row);
}
