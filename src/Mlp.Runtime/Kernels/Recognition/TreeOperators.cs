using Mlp.Runtime.Kernels.Trees;
using Mlp.Runtime.Onnx;

namespace Mlp.Runtime.Kernels.Recognition;

/// <summary>Ensembles of trees.</summary>
internal static class TreeOperators
{
    /// <summary>More targets than this are no small model.</summary>
    private const int MaximumTargets = 1024;

    public static KernelValue Regressor(GraphRecogniser graph, OnnxNodeEditor node, string output)
    {
        var source = Source(graph, node);
        var ensemble = TreeAttributes.Read(node, "target", isWide: source.Element == KernelElement.Float64) with { TargetCount = (int)(node.Attribute("n_targets")?.Int ?? 1) };
        return Add(graph, node, source, ensemble, KernelElement.Float32, ensemble.TargetCount);
    }

    public static KernelValue Classifier(GraphRecogniser graph, OnnxNodeEditor node, string output)
    {
        var source = Source(graph, node);
        var texts = node.Attribute("classlabels_strings")?.Strings ?? [];
        var labels = node.Attribute("classlabels_int64s")?.Ints ?? [];
        var ensemble = TreeAttributes.Read(node, "class", isWide: source.Element == KernelElement.Float64) with
        {
            IsClassifier = true,
            Labels = labels,
            TargetCount = texts.Count > 0 ? texts.Count : labels.Count,
        };
        if (output != node.Outputs[0])
        {
            return Add(graph, node, source, ensemble, KernelElement.Float32, ensemble.TargetCount);
        }

        return texts.Count == 0 ? Add(graph, node, source, ensemble, KernelElement.Int64, 1) : throw Operators.Uncovered(node, "texts as labels");
    }

    public static KernelValue Ensemble(GraphRecogniser graph, OnnxNodeEditor node, string output)
    {
        var source = Source(graph, node);
        var ensemble = TreeTensors.Read(node);
        return Add(graph, node, source, ensemble, source.Element, ensemble.TargetCount);
    }

    private static KernelValue Source(GraphRecogniser graph, OnnxNodeEditor node)
    {
        var source = graph.Resolve(node.Inputs[0]);
        return source is { Element: KernelElement.Float64, Rank: 2 } ? source : ClassicalOperators.AsFloats(graph, source, node);
    }

    private static KernelValue Add(GraphRecogniser graph, OnnxNodeEditor node, KernelValue source, TreeEnsemble ensemble, KernelElement element, int width)
    {
        Require(node, source, ensemble);
        AddHints(graph, source, ensemble);
        var isWide = source.Element == KernelElement.Float64;
        ITreeKeys keys = isWide ? Ranks(source, ensemble) : new FloatKeys();
        var result = element == KernelElement.Int64 ? graph.AddValue(element, 1, 1) : graph.AddValue(element, width);
        var step = new TreeStep(source, keys, TreeTablesBuilder.Build(ensemble, keys, isWide), new TreeScores(ensemble), result);
        graph.CountTrees();
        graph.KeyCount = Math.Max(graph.KeyCount, step.KeyCount);
        graph.SumCount = Math.Max(graph.SumCount, step.SumCount);
        graph.WideSumCount = Math.Max(graph.WideSumCount, step.WideSumCount);
        graph.AddStep(step);
        return result;
    }

    private static RankKeys Ranks(KernelValue source, TreeEnsemble ensemble)
    {
        var thresholds = ensemble.Nodes.Where(n => n.Mode != TreeMode.Leaf).ToLookup(n => n.Feature, n => n.Threshold);
        return new RankKeys([.. Enumerable.Range(0, source.Width).Select(f => thresholds[f])]);
    }

    private static void AddHints(GraphRecogniser graph, KernelValue source, TreeEnsemble ensemble)
    {
        foreach (var node in ensemble.Nodes.Where(n => n.Mode != TreeMode.Leaf && source.Origins is not null))
        {
            graph.Hints.AddPoint(source.Origins![node.Feature], node.Threshold);
        }
    }

    private static void Require(OnnxNodeEditor node, KernelValue source, TreeEnsemble ensemble)
    {
        if (ensemble.TargetCount is < 1 or > MaximumTargets || ensemble.Roots.Count == 0)
        {
            throw Operators.Uncovered(node, FormattableString.Invariant($"{ensemble.Roots.Count} trees for {ensemble.TargetCount} targets"));
        }

        foreach (var tree in ensemble.Nodes)
        {
            if (tree.Mode == TreeMode.Leaf)
            {
                RequireLeaf(node, ensemble, tree);
            }
            else if (tree.Feature < 0 || tree.Feature >= source.Width || double.IsNaN(tree.Threshold))
            {
                throw Operators.Uncovered(node, "a node over a column that is not there, or without a threshold");
            }
        }
    }

    private static void RequireLeaf(OnnxNodeEditor node, TreeEnsemble ensemble, TreeNode leaf)
    {
        // With one target ONNX Runtime takes the first weight of a leaf, whatever it is of.
        if (leaf.Leaf.Any(l => l.Target < 0 || l.Target >= ensemble.TargetCount || !double.IsFinite(l.Weight)) || (ensemble.TargetCount == 1 && leaf.Leaf.Count != 1))
        {
            throw Operators.Uncovered(node, "a leaf without one finite weight for a target");
        }
    }
}
