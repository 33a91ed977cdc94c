using Mlp.Runtime.Kernels.Trees;
using Mlp.Runtime.Onnx;

namespace Mlp.Runtime.Kernels.Recognition;

/// <summary>Reads the attributes of TreeEnsemble, ai.onnx.ml 5: leaves are a list of their own, and a node says of each way whether it leads to one.</summary>
internal static class TreeTensors
{
    /// <summary>Reads them.</summary>
    /// <param name="node">The node.</param>
    /// <exception cref="UncoveredGraphException">The attributes do not fit together.</exception>
    public static TreeEnsemble Read(OnnxNodeEditor node)
    {
        var features = Integers(node, "nodes_featureids");
        var (yes, no) = (Integers(node, "nodes_truenodeids"), Integers(node, "nodes_falsenodeids"));
        var (yesIsLeaf, noIsLeaf) = (Integers(node, "nodes_trueleafs"), Integers(node, "nodes_falseleafs"));
        var modes = node.Attribute("nodes_modes")?.Tensor is { } tensor ? GraphConstants.Integers(tensor) : [];
        var thresholds = Numbers(node, "nodes_splits");
        var missing = Integers(node, "nodes_missing_value_tracks_true");
        var (targets, weights) = (Integers(node, "leaf_targetids"), Numbers(node, "leaf_weights"));
        var count = features.Count;
        if (yes.Count != count || no.Count != count || yesIsLeaf.Count != count || noIsLeaf.Count != count || modes.Length != count || thresholds.Length != count
            || weights.Length != targets.Count)
        {
            throw Operators.Uncovered(node, "lists of different lengths");
        }

        if (modes.Any(m => m is < (int)TreeMode.LessOrEqual or > (int)TreeMode.NotEqual))
        {
            throw Operators.Uncovered(node, "questions other than comparisons, as for a set of values");
        }

        // Leaves come after the nodes.
        var nodes = new List<TreeNode>(count + targets.Count);
        for (var i = 0; i < count; i++)
        {
            nodes.Add(new TreeNode(
                (TreeMode)modes[i], (int)features[i], thresholds[i], Way(yes[i], yesIsLeaf[i]), Way(no[i], noIsLeaf[i]), i < missing.Count && missing[i] == 1, []));
        }

        nodes.AddRange(targets.Select((t, i) => new TreeNode(TreeMode.Leaf, 0, 0, 0, 0, false, [((int)t, weights[i])])));
        return new TreeEnsemble
        {
            Nodes = nodes,
            Roots = [.. Integers(node, "tree_roots").Select(r => Root((int)r))],
            TargetCount = (int)(node.Attribute("n_targets")?.Int ?? 0),
            Aggregate = (TreeAggregate)(node.Attribute("aggregate_function")?.Int ?? 1),
            PostTransform = (node.Attribute("post_transform")?.Int ?? 0) == 0 ? PostTransform.None : throw Operators.Uncovered(node, "a transformation"),
        };

        int Way(long index, long isLeaf)
        {
            var limit = isLeaf != 0 ? targets.Count : count;
            return index >= 0 && index < limit ? (int)index + (isLeaf != 0 ? count : 0) : throw Operators.Uncovered(node, "a way to a node that is not there");
        }

        // A tree that is nothing but a leaf is a node both of whose ways lead there.
        int Root(int root) => root >= 0 && root < count ? root : throw Operators.Uncovered(node, "a root that is not there");
    }

    private static IReadOnlyList<long> Integers(OnnxNodeEditor node, string attribute) => node.Attribute(attribute)?.Ints ?? [];

    private static double[] Numbers(OnnxNodeEditor node, string attribute) => node.Attribute(attribute)?.Tensor is { } tensor ? GraphConstants.Numbers(tensor) : [];
}
