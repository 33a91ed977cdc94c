using Mlp.Runtime.Onnx;

namespace Mlp.Training.Trees;

/// <summary>Trees as the attributes of TreeEnsemble (ai.onnx.ml 5): leaves are a list of their own, and a node says of each way whether it leads to one.</summary>
internal sealed class TreeTensors
{
    private const byte LessOrEqual = 0;
    private const byte Member = 6;

    private readonly List<long> _features = [];
    private readonly List<byte> _modes = [];
    private readonly List<double> _splits = [];
    private readonly List<long> _yes = [];
    private readonly List<long> _no = [];
    private readonly List<long> _yesIsLeaf = [];
    private readonly List<long> _noIsLeaf = [];
    private readonly List<long> _missing = [];
    private readonly List<double> _members = [];
    private readonly List<long> _targets = [];
    private readonly List<double> _weights = [];
    private readonly List<long> _roots = [];

    private TreeTensors()
    {
    }

    /// <summary>The attributes of a model.</summary>
    /// <param name="model">The trees.</param>
    /// <param name="columns">Where features lie.</param>
    /// <param name="isWide">Whether numbers are float64.</param>
    /// <param name="areCategoriesWhole">Whether the input has no fractions of categories.</param>
    public static List<OnnxAttribute> Attributes(LightGbmModel model, TreeColumnsGraph columns, bool isWide, bool areCategoriesWhole)
    {
        var tensors = new TreeTensors();
        for (var i = 0; i < model.Trees.Count; i++)
        {
            tensors.Add(model.Trees[i], i % model.ScoreCount, model.LeafFactor, columns, isWide, areCategoriesWhole);
        }

        List<OnnxAttribute> attributes =
        [
            OnnxAttribute.Ints("tree_roots", tensors._roots),
            OnnxAttribute.Ints("nodes_featureids", tensors._features),
            OnnxAttribute.Tensor("nodes_modes", (ReadOnlySpan<byte>)[.. tensors._modes], tensors._modes.Count),
            Numbers("nodes_splits", tensors._splits, isWide),
            OnnxAttribute.Ints("nodes_truenodeids", tensors._yes),
            OnnxAttribute.Ints("nodes_trueleafs", tensors._yesIsLeaf),
            OnnxAttribute.Ints("nodes_falsenodeids", tensors._no),
            OnnxAttribute.Ints("nodes_falseleafs", tensors._noIsLeaf),
            OnnxAttribute.Ints("nodes_missing_value_tracks_true", tensors._missing),
            OnnxAttribute.Ints("leaf_targetids", tensors._targets),
            Numbers("leaf_weights", tensors._weights, isWide),
            OnnxAttribute.Int("n_targets", model.ScoreCount),
            OnnxAttribute.Int("aggregate_function", 1),
            OnnxAttribute.Int("post_transform", 0),
        ];
        if (tensors._members.Count > 0)
        {
            attributes.Add(Numbers("membership_values", tensors._members, isWide));
        }

        return attributes;
    }

    private static OnnxAttribute Numbers(string name, List<double> values, bool isWide)
        => isWide
            ? OnnxAttribute.Tensor(name, (ReadOnlySpan<double>)[.. values], values.Count)
            : OnnxAttribute.Tensor(name, (ReadOnlySpan<float>)[.. values.Select(v => (float)v)], values.Count);

    private void Add(LightGbmTree tree, int target, double leafFactor, TreeColumnsGraph columns, bool isWide, bool areCategoriesWhole)
    {
        var (firstNode, firstLeaf) = (_features.Count, _targets.Count);
        _roots.Add(firstNode);
        foreach (var leaf in tree.Leaves)
        {
            _targets.Add(target);
            _weights.Add(leaf * leafFactor);
        }

        if (tree.SplitCount == 0)
        {
            // The operator knows no tree of a single leaf: both ways of a question lead there.
            AddNode(0, LessOrEqual, 0, ~0, ~0, false);
        }

        for (var split = 0; split < tree.SplitCount; split++)
        {
            var column = columns.ColumnOf(tree, split, areCategoriesWhole);
            if (tree.IsCategorical(split))
            {
                AddNode(column, Member, 0, tree.LeftChildren[split], tree.RightChildren[split], false);
                _members.AddRange(tree.CategoriesOf(split).Select(c => (double)c));
                _members.Add(double.NaN);
            }
            else
            {
                var threshold = TreeGraph.ThresholdOf(tree, split, isWide);
                AddNode(column, LessOrEqual, threshold, tree.LeftChildren[split], tree.RightChildren[split], TreeGraph.GoesLeftWhenMissing(tree, split));
            }
        }

        void AddNode(int column, byte mode, double threshold, int left, int right, bool isTrueForMissing)
        {
            _features.Add(column);
            _modes.Add(mode);
            _splits.Add(threshold);
            _yes.Add(left >= 0 ? firstNode + left : firstLeaf + ~left);
            _yesIsLeaf.Add(left >= 0 ? 0 : 1);
            _no.Add(right >= 0 ? firstNode + right : firstLeaf + ~right);
            _noIsLeaf.Add(right >= 0 ? 0 : 1);
            _missing.Add(isTrueForMissing ? 1 : 0);
        }
    }
}
