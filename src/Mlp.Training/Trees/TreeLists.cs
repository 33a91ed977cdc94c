using Mlp.Runtime.Onnx;

namespace Mlp.Training.Trees;

/// <summary>
/// Trees as the attributes of TreeEnsembleRegressor (ai.onnx.ml 3): one entry per node, leaves among them. A set of categories is a chain of comparisons whose yes leads to one node.
/// </summary>
internal sealed class TreeLists
{
    private const string LessOrEqual = "BRANCH_LEQ";
    private const string Equal = "BRANCH_EQ";
    private const string Leaf = "LEAF";

    private readonly List<long> _trees = [];
    private readonly List<long> _nodes = [];
    private readonly List<long> _features = [];
    private readonly List<string> _modes = [];
    private readonly List<double> _values = [];
    private readonly List<long> _yes = [];
    private readonly List<long> _no = [];
    private readonly List<long> _missing = [];
    private readonly List<long> _leafTrees = [];
    private readonly List<long> _leafNodes = [];
    private readonly List<long> _targets = [];
    private readonly List<double> _weights = [];

    private TreeLists()
    {
    }

    /// <summary>The attributes of a model.</summary>
    /// <param name="model">The trees.</param>
    /// <param name="columns">Where features lie.</param>
    /// <param name="isWide">Whether numbers are float64.</param>
    /// <param name="areCategoriesWhole">Whether the input has no fractions of categories.</param>
    public static List<OnnxAttribute> Attributes(LightGbmModel model, TreeColumnsGraph columns, bool isWide, bool areCategoriesWhole)
    {
        var lists = new TreeLists();
        for (var i = 0; i < model.Trees.Count; i++)
        {
            lists.Add(model.Trees[i], i, i % model.ScoreCount, model.LeafFactor, columns, isWide, areCategoriesWhole);
        }

        return
        [
            OnnxAttribute.Ints("nodes_treeids", lists._trees),
            OnnxAttribute.Ints("nodes_nodeids", lists._nodes),
            OnnxAttribute.Ints("nodes_featureids", lists._features),
            OnnxAttribute.Strings("nodes_modes", lists._modes),
            Numbers("nodes_values", lists._values, isWide),
            OnnxAttribute.Ints("nodes_truenodeids", lists._yes),
            OnnxAttribute.Ints("nodes_falsenodeids", lists._no),
            OnnxAttribute.Ints("nodes_missing_value_tracks_true", lists._missing),
            OnnxAttribute.Ints("target_treeids", lists._leafTrees),
            OnnxAttribute.Ints("target_nodeids", lists._leafNodes),
            OnnxAttribute.Ints("target_ids", lists._targets),
            Numbers("target_weights", lists._weights, isWide),
            OnnxAttribute.Int("n_targets", model.ScoreCount),
            OnnxAttribute.Text("post_transform", "NONE"),
        ];
    }

    private static OnnxAttribute Numbers(string name, List<double> values, bool isWide)
        => isWide
            ? OnnxAttribute.Tensor(name + "_as_tensor", (ReadOnlySpan<double>)[.. values], values.Count)
            : OnnxAttribute.Floats(name, [.. values.Select(v => (float)v)]);

    private void Add(LightGbmTree tree, int number, int target, double leafFactor, TreeColumnsGraph columns, bool isWide, bool areCategoriesWhole)
    {
        // A chain takes as many numbers as the set has members; the first is where others come in.
        var first = new long[tree.SplitCount];
        long next = 0;
        for (var split = 0; split < tree.SplitCount; split++)
        {
            first[split] = next;
            next += tree.IsCategorical(split) ? Math.Max(1, tree.CategoriesOf(split).Count()) : 1;
        }

        var firstLeaf = next;
        long Way(int child) => child >= 0 ? first[child] : firstLeaf + ~child;
        for (var split = 0; split < tree.SplitCount; split++)
        {
            var column = columns.ColumnOf(tree, split, areCategoriesWhole);
            var (left, right) = (Way(tree.LeftChildren[split]), Way(tree.RightChildren[split]));
            if (tree.IsCategorical(split))
            {
                AddChain(number, first[split], column, [.. tree.CategoriesOf(split)], left, right);
                continue;
            }

            var threshold = TreeGraph.ThresholdOf(tree, split, isWide);
            AddNode(number, first[split], column, LessOrEqual, threshold, left, right, TreeGraph.GoesLeftWhenMissing(tree, split));
        }

        for (var leaf = 0; leaf < tree.Leaves.Length; leaf++)
        {
            AddNode(number, firstLeaf + leaf, 0, Leaf, 0, 0, 0, false);
            _leafTrees.Add(number);
            _leafNodes.Add(firstLeaf + leaf);
            _targets.Add(target);
            _weights.Add(tree.Leaves[leaf] * leafFactor);
        }
    }

    private void AddChain(int tree, long first, int column, int[] categories, long left, long right)
    {
        if (categories.Length == 0)
        {
            // A set without members: nothing goes left.
            AddNode(tree, first, column, Equal, -1, right, right, false);
            return;
        }

        for (var i = 0; i < categories.Length; i++)
        {
            AddNode(tree, first + i, column, Equal, categories[i], left, i == categories.Length - 1 ? right : first + i + 1, false);
        }
    }

    private void AddNode(int tree, long node, int column, string mode, double value, long yes, long no, bool isTrueForMissing)
    {
        _trees.Add(tree);
        _nodes.Add(node);
        _features.Add(column);
        _modes.Add(mode);
        _values.Add(value);
        _yes.Add(yes);
        _no.Add(no);
        _missing.Add(isTrueForMissing ? 1 : 0);
    }
}
