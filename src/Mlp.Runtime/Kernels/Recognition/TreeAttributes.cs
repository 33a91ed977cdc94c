using System.Collections.Frozen;
using Mlp.Runtime.Kernels.Trees;
using Mlp.Runtime.Onnx;

namespace Mlp.Runtime.Kernels.Recognition;

/// <summary>Reads the attributes of TreeEnsembleRegressor and TreeEnsembleClassifier, ai.onnx.ml 1 to 3: one list per property, with an entry per node.</summary>
internal static class TreeAttributes
{
    private static readonly FrozenDictionary<string, TreeMode> Modes = new Dictionary<string, TreeMode>
    {
        ["BRANCH_LEQ"] = TreeMode.LessOrEqual,
        ["BRANCH_LT"] = TreeMode.Less,
        ["BRANCH_GTE"] = TreeMode.GreaterOrEqual,
        ["BRANCH_GT"] = TreeMode.Greater,
        ["BRANCH_EQ"] = TreeMode.Equal,
        ["BRANCH_NEQ"] = TreeMode.NotEqual,
        ["LEAF"] = TreeMode.Leaf,
    }.ToFrozenDictionary(StringComparer.Ordinal);

    private static readonly FrozenDictionary<string, TreeAggregate> Aggregates = new Dictionary<string, TreeAggregate>
    {
        ["SUM"] = TreeAggregate.Sum,
        ["AVERAGE"] = TreeAggregate.Average,
        ["MIN"] = TreeAggregate.Minimum,
        ["MAX"] = TreeAggregate.Maximum,
    }.ToFrozenDictionary(StringComparer.Ordinal);

    /// <summary>Reads them.</summary>
    /// <param name="node">The node.</param>
    /// <param name="prefix">How the attributes of leaves begin: <c>target</c> or <c>class</c>.</param>
    /// <param name="isWide">Whether the trees compare float64, which decides what the attributes given as tensors are.</param>
    /// <returns>The ensemble without its targets.</returns>
    /// <exception cref="UncoveredGraphException">The attributes do not fit together.</exception>
    public static TreeEnsemble Read(OnnxNodeEditor node, string prefix, bool isWide)
    {
        var trees = Integers(node, "nodes_treeids");
        var ids = Integers(node, "nodes_nodeids");
        var features = Integers(node, "nodes_featureids");
        var (yes, no) = (Integers(node, "nodes_truenodeids"), Integers(node, "nodes_falsenodeids"));
        var modes = node.Attribute("nodes_modes")?.Strings ?? [];
        var thresholds = Numbers(node, "nodes_values");
        var missing = Integers(node, "nodes_missing_value_tracks_true");
        var count = trees.Count;
        if (count == 0 || ids.Count != count || features.Count != count || yes.Count != count || no.Count != count || modes.Count != count || thresholds.Length != count)
        {
            throw Operators.Uncovered(node, "lists of different lengths");
        }

        var index = new Dictionary<(long Tree, long Node), int>(count);
        for (var i = 0; i < count; i++)
        {
            if (!index.TryAdd((trees[i], ids[i]), i))
            {
                throw Operators.Uncovered(node, "a node twice");
            }
        }

        var leaves = ReadLeaves(node, prefix, index, count);
        var nodes = new TreeNode[count];
        for (var i = 0; i < count; i++)
        {
            var mode = Modes.TryGetValue(modes[i], out var known) ? known : throw Operators.Uncovered(node, $"nodes of mode {modes[i]}");
            nodes[i] = mode == TreeMode.Leaf
                ? new TreeNode(mode, 0, 0, 0, 0, false, leaves[i] ?? [])
                : new TreeNode(mode, (int)features[i], thresholds[i], Find(yes[i]), Find(no[i]), i < missing.Count && missing[i] == 1, []);

            int Find(long id) => index.TryGetValue((trees[i], id), out var found) ? found : throw Operators.Uncovered(node, "a way to a node that is not there");
        }

        return new TreeEnsemble
        {
            Nodes = nodes,
            Roots = Roots(node, trees),
            TargetCount = 0,
            Aggregate = Aggregates.TryGetValue(node.Attribute("aggregate_function")?.String is { Length: > 0 } text ? text : "SUM", out var aggregate)
                ? aggregate
                : throw Operators.Uncovered(node, "another aggregate function"),
            BaseValues = Numbers(node, "base_values"),
            PostTransform = ClassicalOperators.Transform(node),
        };

        double[] Numbers(OnnxNodeEditor from, string attribute) => from.Attribute(attribute + "_as_tensor")?.Tensor is { } tensor
            ? GraphConstants.Numbers(tensor) is var wide && isWide ? wide : Array.ConvertAll(GraphConstants.Numbers(tensor), v => (double)(float)v)
            : Array.ConvertAll(from.Attribute(attribute)?.Floats ?? [], v => (double)v);
    }

    // In ascending order of nodes, as ONNX Runtime sorts them, and of one node in the order of the file.
    private static List<(int Target, double Weight)>?[] ReadLeaves(OnnxNodeEditor node, string prefix, Dictionary<(long Tree, long Node), int> index, int count)
    {
        var (targets, ids, trees) = (Integers(node, prefix + "_ids"), Integers(node, prefix + "_nodeids"), Integers(node, prefix + "_treeids"));
        var weights = node.Attribute(prefix + "_weights_as_tensor")?.Tensor is { } tensor
            ? GraphConstants.Numbers(tensor)
            : Array.ConvertAll(node.Attribute(prefix + "_weights")?.Floats ?? [], v => (double)v);
        if (ids.Count != targets.Count || trees.Count != targets.Count || weights.Length != targets.Count)
        {
            throw Operators.Uncovered(node, "lists of different lengths");
        }

        var leaves = new List<(int Target, double Weight)>?[count];
        for (var i = 0; i < targets.Count; i++)
        {
            if (!index.TryGetValue((trees[i], ids[i]), out var leaf))
            {
                throw Operators.Uncovered(node, "a weight of a node that is not there");
            }

            (leaves[leaf] ??= []).Add(((int)targets[i], weights[i]));
        }

        return leaves;
    }

    private static List<int> Roots(OnnxNodeEditor node, IReadOnlyList<long> trees)
    {
        var roots = new List<int>();
        var seen = new HashSet<long>();
        for (var i = 0; i < trees.Count; i++)
        {
            if (i > 0 && trees[i] == trees[i - 1])
            {
                continue;
            }

            if (!seen.Add(trees[i]))
            {
                throw Operators.Uncovered(node, "a tree in two places");
            }

            roots.Add(i);
        }

        return roots;
    }

    private static IReadOnlyList<long> Integers(OnnxNodeEditor node, string attribute) => node.Attribute(attribute)?.Ints ?? [];
}
