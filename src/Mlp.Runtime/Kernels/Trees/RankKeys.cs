using System.Runtime.CompilerServices;

namespace Mlp.Runtime.Kernels.Trees;

/// <summary>
/// Keys of float64, for which there is no integer of 32 bits: the rank among the thresholds of the column. A number equal to threshold i is 2i + 1, one between threshold i - 1 and i
/// is 2i.
/// </summary>
/// <param name="thresholds">The thresholds of each column of the input, in any order.</param>
internal sealed class RankKeys(IReadOnlyList<IEnumerable<double>> thresholds) : ITreeKeys
{
    private readonly double[][] _thresholds = [.. thresholds.Select(t => t.Select(v => v + 0.0).Distinct().Order().ToArray())];

    /// <inheritdoc/>
    public int OfThreshold(int feature, double threshold) => Of(_thresholds[feature], threshold);

    /// <inheritdoc/>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public void Write(KernelMemory memory, KernelValue source, int firstRow, ReadOnlySpan<KeyColumn> columns, Span<int> keys)
    {
        var values = memory.Of<double>(source);
        var rowCount = Math.Min(TreeTables.Lanes, memory.RowCount - firstRow);
        for (var lane = 0; lane < TreeTables.Lanes; lane++)
        {
            var row = firstRow + Math.Min(lane, rowCount - 1);
            for (var i = 0; i < columns.Length; i++)
            {
                var value = values[(row * source.Width) + columns[i].Feature];
                keys[(i * TreeTables.Lanes) + lane] = double.IsNaN(value)
                    ? columns[i].IsTrueForMissing ? ITreeKeys.Least : ITreeKeys.Greatest
                    : Of(_thresholds[columns[i].Feature], value);
            }
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static int Of(double[] thresholds, double value)
    {
        var (from, to) = (0, thresholds.Length);
        while (from < to)
        {
            var middle = (from + to) >> 1;
            (from, to) = thresholds[middle] < value ? (middle + 1, to) : (from, middle);
        }

        return (2 * from) + (from < thresholds.Length && thresholds[from] == value ? 1 : 0);
    }
}
