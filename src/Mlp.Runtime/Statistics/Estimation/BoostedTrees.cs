namespace Mlp.Runtime.Statistics.Estimation;

/// <summary>
/// A small regression learner: gradient boosting of shallow trees on squared error over binned features (Friedman, "Greedy Function Approximation: A Gradient Boosting Machine", Annals of Statistics 29, 2001).
/// Missing values (NaN) have a bin of their own, the lowest. The same rows give the same model; nothing is drawn by chance. Immutable; safe for use by many threads.
/// </summary>
internal sealed class BoostedTrees
{
    private const int TreeCount = 120;
    private const int Depth = 4;
    private const int BinCount = 64;
    private const int LeastLeafRows = 20;
    private const double LearningRate = 0.1;
    private const int NodeCount = (1 << (Depth + 1)) - 1;

    private readonly double[][] _edges;
    private readonly double _start;
    private readonly Tree[] _trees;

    /// <summary>A known model.</summary>
    /// <exception cref="ArgumentException">It contradicts itself.</exception>
    internal BoostedTrees(Document document)
        : this(document.Edges, document.Start, document.Trees)
    {
        foreach (var tree in _trees)
        {
            if (tree.Features.Length != NodeCount || tree.Bins.Length != NodeCount || tree.Values.Length != NodeCount || tree.Features.Any(f => f < -1 || f >= _edges.Length) || tree.Features[(NodeCount / 2)..].Any(f => f >= 0))
            {
                throw new ArgumentException($"Expected trees of {NodeCount} nodes over {_edges.Length} features, but found another one.", nameof(document));
            }
        }
    }

    private BoostedTrees(double[][] edges, double start, Tree[] trees) => (_edges, _start, _trees) = (edges, start, trees);

    /// <summary>The stored form.</summary>
    internal Document Stored => new(_edges, _start, _trees);

    /// <summary>Learns.</summary>
    /// <param name="features">Shape (rows, features), row-major; NaN where missing.</param>
    /// <param name="targets">Shape (rows), finite, at least one.</param>
    /// <param name="featureCount">Number of features, at least 1.</param>
    internal static BoostedTrees Fit(ReadOnlySpan<double> features, ReadOnlySpan<double> targets, int featureCount)
    {
        if (targets.IsEmpty || featureCount < 1 || features.Length != (long)targets.Length * featureCount)
        {
            throw new ArgumentException(
                $"Expected at least one row and one feature, and one value of each, but found {targets.Length} rows, {featureCount} features and {features.Length} values.", nameof(features));
        }

        var edges = EdgesOf(features, featureCount);
        var bins = new byte[features.Length];
        for (var i = 0; i < bins.Length; i++)
        {
            bins[i] = BinOf(edges[i % featureCount], features[i]);
        }

        var mean = 0.0;
        foreach (var target in targets)
        {
            mean += target / targets.Length;
        }

        var residuals = new double[targets.Length];
        for (var i = 0; i < residuals.Length; i++)
        {
            residuals[i] = targets[i] - mean;
        }

        var trees = new List<Tree>();
        for (var t = 0; t < TreeCount; t++)
        {
            var tree = Grow(bins, residuals, featureCount);
            trees.Add(tree);
            for (var i = 0; i < residuals.Length; i++)
            {
                residuals[i] -= tree.Predict(bins.AsSpan(i * featureCount, featureCount));
            }
        }

        return new(edges, mean, [.. trees]);
    }

    /// <summary>What the model says of a row.</summary>
    /// <param name="row">Shape (features).</param>
    internal double Predict(ReadOnlySpan<double> row)
    {
        Span<byte> bins = row.Length <= 256 ? stackalloc byte[row.Length] : new byte[row.Length];
        for (var f = 0; f < bins.Length; f++)
        {
            bins[f] = BinOf(_edges[f], row[f]);
        }

        var sum = _start;
        foreach (var tree in _trees)
        {
            sum += tree.Predict(bins);
        }

        return sum;
    }

    private static double[][] EdgesOf(ReadOnlySpan<double> features, int featureCount)
    {
        var rows = features.Length / featureCount;
        var edges = new double[featureCount][];
        for (var f = 0; f < featureCount; f++)
        {
            var values = new List<double>(rows);
            for (var i = 0; i < rows; i++)
            {
                if (!double.IsNaN(features[(i * featureCount) + f]))
                {
                    values.Add(features[(i * featureCount) + f]);
                }
            }

            values.Sort();
            var own = new List<double>();
            for (var b = 1; b < BinCount && values.Count > 0; b++)
            {
                var edge = values[(int)((long)b * values.Count / BinCount)];
                if (edge > values[0] && (own.Count == 0 || edge > own[^1]))
                {
                    own.Add(edge);
                }
            }

            edges[f] = [.. own];
        }

        return edges;
    }

    /// <summary>0 for a missing value, else 1 and up; a value equal to an edge lies in the upper bin.</summary>
    private static byte BinOf(double[] edges, double value)
    {
        if (double.IsNaN(value))
        {
            return 0;
        }

        var found = Array.BinarySearch(edges, value);
        return (byte)(1 + (found >= 0 ? found + 1 : ~found));
    }

    /// <summary>One tree, level by level: each node splits where that lowers the squared error most.</summary>
    private static Tree Grow(byte[] bins, double[] residuals, int featureCount)
    {
        var nodeOf = new int[residuals.Length];
        var tree = new Tree(new int[NodeCount], new byte[NodeCount], new double[NodeCount]);
        System.Array.Fill(tree.Features, -1);
        for (var level = 0; level <= Depth; level++)
        {
            var (first, count) = ((1 << level) - 1, 1 << level);
            var (sums, counts) = (new double[count * featureCount * (BinCount + 1)], new int[count * featureCount * (BinCount + 1)]);
            for (var i = 0; i < residuals.Length; i++)
            {
                if (nodeOf[i] < first)
                {
                    continue;
                }

                for (var f = 0; f < featureCount; f++)
                {
                    var cell = ((((nodeOf[i] - first) * featureCount) + f) * (BinCount + 1)) + bins[(i * featureCount) + f];
                    sums[cell] += residuals[i];
                    counts[cell]++;
                }
            }

            for (var n = 0; n < count; n++)
            {
                Split(tree, first + n, sums.AsSpan(n * featureCount * (BinCount + 1)), counts.AsSpan(n * featureCount * (BinCount + 1)), featureCount, canSplit: level < Depth);
            }

            for (var i = 0; i < residuals.Length; i++)
            {
                var node = nodeOf[i];
                if (node >= first && tree.Features[node] >= 0)
                {
                    nodeOf[i] = (2 * node) + (bins[(i * featureCount) + tree.Features[node]] <= tree.Bins[node] ? 1 : 2);
                }
            }
        }

        return tree;
    }

    private static void Split(Tree tree, int node, ReadOnlySpan<double> sums, ReadOnlySpan<int> counts, int featureCount, bool canSplit)
    {
        var (sum, rows) = (0.0, 0);
        for (var b = 0; b <= BinCount; b++)
        {
            sum += sums[b];
            rows += counts[b];
        }

        if (rows == 0)
        {
            return;
        }

        tree.Values[node] = LearningRate * sum / rows;
        var best = (sum * sum / rows) + 1e-12;
        for (var f = 0; canSplit && f < featureCount; f++)
        {
            var (left, leftRows) = (0.0, 0);
            for (var b = 0; b < BinCount; b++)
            {
                left += sums[(f * (BinCount + 1)) + b];
                leftRows += counts[(f * (BinCount + 1)) + b];
                var rightRows = rows - leftRows;
                if (leftRows < LeastLeafRows || rightRows < LeastLeafRows)
                {
                    continue;
                }

                var gain = (left * left / leftRows) + ((sum - left) * (sum - left) / rightRows);
                if (gain > best)
                {
                    (best, tree.Features[node], tree.Bins[node]) = (gain, f, (byte)b);
                }
            }
        }

        if (tree.Features[node] >= 0)
        {
            // Only leaves are asked.
            tree.Values[node] = 0;
        }
    }

    /// <summary>The stored form.</summary>
    /// <param name="Edges">Shape (features, up to 63), ascending.</param>
    /// <param name="Start">What is said before the first tree.</param>
    /// <param name="Trees">The trees.</param>
    internal sealed record Document(double[][] Edges, double Start, Tree[] Trees);

    /// <summary>Nodes of a complete binary tree: children of n are 2n + 1 and 2n + 2.</summary>
    /// <param name="Features">Feature that a node splits by, or -1 for a leaf.</param>
    /// <param name="Bins">Greatest bin that goes to the left.</param>
    /// <param name="Values">What a leaf says.</param>
    internal sealed record Tree(int[] Features, byte[] Bins, double[] Values)
    {
        public double Predict(ReadOnlySpan<byte> row)
        {
            var node = 0;
            while (Features[node] >= 0)
            {
                node = (2 * node) + (row[Features[node]] <= Bins[node] ? 1 : 2);
            }

            return Values[node];
        }
    }
}
