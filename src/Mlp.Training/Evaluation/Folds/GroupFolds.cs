using Mlp.Training.Networks;

namespace Mlp.Training.Evaluation.Folds;

/// <summary>Deals groups to folds, each as a whole.</summary>
internal static class GroupFolds
{
    /// <summary>The largest group first, each to the fold that has the fewest rows so far, as scikit-learn's GroupKFold.</summary>
    public static int[] BySize(int[] groups, int groupCount, CrossValidationOptions options, SeededRandom random)
    {
        var sizes = new int[groupCount];
        foreach (var group in groups)
        {
            sizes[group]++;
        }

        var (rowsOf, foldOf) = (new long[options.FoldCount], new int[groupCount]);
        foreach (var group in Order(groupCount, options, random).OrderByDescending(g => sizes[g]))
        {
            var fold = Array.IndexOf(rowsOf, rowsOf.Min());
            rowsOf[fold] += sizes[group];
            foldOf[group] = fold + 1;
        }

        return Array.ConvertAll(groups, g => foldOf[g]);
    }

    /// <summary>The group whose classes are least even first, each to the fold after which the shares of each class differ least between folds, as scikit-learn's StratifiedGroupKFold.</summary>
    public static int[] ByClass(FoldRows rows, CrossValidationOptions options, SeededRandom random)
    {
        var classCount = (int)Max(rows.Rows.Labels) + 1;
        var counts = new double[rows.GroupCount][];
        var total = new double[classCount];
        for (var group = 0; group < counts.Length; group++)
        {
            counts[group] = new double[classCount];
        }

        for (var row = 0; row < rows.RowCount; row++)
        {
            counts[rows.Groups![row]][(int)rows.Rows.Labels[row]]++;
            total[(int)rows.Rows.Labels[row]]++;
        }

        var shares = new double[options.FoldCount][];
        for (var fold = 0; fold < shares.Length; fold++)
        {
            shares[fold] = new double[classCount];
        }

        var (rowsOf, foldOf) = (new double[options.FoldCount], new int[counts.Length]);
        foreach (var group in Order(counts.Length, options, random).OrderByDescending(g => Variance(counts[g])))
        {
            var (best, bestSpread) = (0, double.PositiveInfinity);
            for (var fold = 0; fold < shares.Length; fold++)
            {
                Move(shares[fold], counts[group], total, 1);
                var spread = SpreadOf(shares, classCount);
                Move(shares[fold], counts[group], total, -1);
                if (spread < bestSpread - 1e-12 || (spread < bestSpread + 1e-12 && rowsOf[fold] < rowsOf[best]))
                {
                    (best, bestSpread) = (fold, spread);
                }
            }

            Move(shares[best], counts[group], total, 1);
            rowsOf[best] += counts[group].Sum();
            foldOf[group] = best + 1;
        }

        return Array.ConvertAll(rows.Groups!, g => foldOf[g]);
    }

    private static int[] Order(int count, CrossValidationOptions options, SeededRandom random)
    {
        int[] order = [.. Enumerable.Range(0, count)];
        if (options.Shuffle)
        {
            random.Shuffle(order);
        }

        return order;
    }

    private static void Move(double[] shares, double[] counts, double[] total, int sign)
    {
        for (var c = 0; c < shares.Length; c++)
        {
            shares[c] += total[c] == 0 ? 0 : sign * counts[c] / total[c];
        }
    }

    private static double SpreadOf(double[][] shares, int classCount)
    {
        var (sum, ofClass) = (0.0, new double[shares.Length]);
        for (var c = 0; c < classCount; c++)
        {
            for (var fold = 0; fold < shares.Length; fold++)
            {
                ofClass[fold] = shares[fold][c];
            }

            sum += Math.Sqrt(Variance(ofClass));
        }

        return sum;
    }

    private static double Variance(double[] values)
    {
        var mean = values.Sum() / values.Length;
        return values.Sum(v => (v - mean) * (v - mean)) / values.Length;
    }

    private static double Max(ReadOnlySpan<double> values)
    {
        var greatest = 0.0;
        foreach (var value in values)
        {
            greatest = Math.Max(greatest, value);
        }

        return greatest;
    }
}
