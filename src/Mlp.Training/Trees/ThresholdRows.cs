using Mlp.Training.Networks;

namespace Mlp.Training.Trees;

/// <summary>Rows made from what the trees of a model compare with, where nobody has real ones: each threshold, its neighbours on both sides, each category of a set, and some of none.</summary>
internal static class ThresholdRows
{
    private const int LeastRowCount = 256;
    private const int GreatestRowCount = 4096;
    private const int GreatestCellCount = 4_000_000;
    private const int LeastRowCountOfWideRows = 64;

    /// <summary>Makes rows. The same model gives the same rows.</summary>
    /// <param name="model">The trees.</param>
    /// <param name="isWide">Whether values are float64; else they are float32.</param>
    /// <returns>Shape (rows, features), row-major. Each value of a feature stands in some row as long as there are no more than 4,096 of them.</returns>
    public static double[] Create(LightGbmModel model, bool isWide)
    {
        var width = model.FeatureNames.Count;
        var pools = Pools(model, isWide);
        var most = Math.Clamp(GreatestCellCount / width, LeastRowCountOfWideRows, GreatestRowCount);
        var rowCount = Math.Min(most, Math.Max(LeastRowCount, pools.Max(p => p.Length)));
        var rows = new double[rowCount * width];
        var random = SeededRandom.For(0, "thresholds");
        for (var column = 0; column < width; column++)
        {
            var pool = pools[column];
            var order = Enumerable.Range(0, pool.Length).ToArray();
            random.Shuffle(order);
            for (var row = 0; row < rowCount; row++)
            {
                rows[(row * width) + column] = pool[order[row % pool.Length]];
            }
        }

        return rows;
    }

    private static double[][] Pools(LightGbmModel model, bool isWide)
    {
        var pools = new SortedSet<double>[model.FeatureNames.Count];
        for (var column = 0; column < pools.Length; column++)
        {
            // Beside a number of nobody's, what LightGBM takes for zero and for missing.
            pools[column] = [0, 1, -1, 0.5, LightGbmTree.ZeroThreshold, -LightGbmTree.ZeroThreshold, double.NaN];
        }

        foreach (var tree in model.Trees)
        {
            for (var split = 0; split < tree.SplitCount; split++)
            {
                var pool = pools[tree.Features[split]];
                if (tree.IsCategorical(split))
                {
                    int[] categories = [.. tree.CategoriesOf(split)];
                    pool.UnionWith(categories.Select(c => (double)c));
                    pool.Add(categories.DefaultIfEmpty().Max() + 1);
                    pool.Add(categories.DefaultIfEmpty().Max() + 0.5);
                }
                else if (double.IsFinite(tree.Thresholds[split]))
                {
                    pool.UnionWith(isWide ? Around(tree.Thresholds[split]) : Around(TreeGraph.RoundDown(tree.Thresholds[split])));
                }
            }
        }

        return [.. pools.Select(p => p.ToArray())];
    }

    private static double[] Around(double threshold) => [Math.BitDecrement(threshold), threshold, Math.BitIncrement(threshold)];

    private static double[] Around(float threshold) => [MathF.BitDecrement(threshold), threshold, MathF.BitIncrement(threshold)];
}
