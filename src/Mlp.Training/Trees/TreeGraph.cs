using Mlp.Runtime.Onnx;

namespace Mlp.Training.Trees;

/// <summary>Writes trees of LightGBM as ONNX nodes that take the same ways and give the same sums.</summary>
/// <param name="model">The trees.</param>
/// <param name="operation">The operator.</param>
/// <param name="isWide">Whether thresholds are compared and leaves added in float64.</param>
/// <param name="areCategoriesWhole">Whether the input has no fractions of categories.</param>
internal sealed class TreeGraph(LightGbmModel model, TreeOperator operation, bool isWide, bool areCategoriesWhole)
{
    /// <summary>The opset, and version of <c>ai.onnx.ml</c>, that an operator needs.</summary>
    public static (int Opset, int MlOpset) OpsetOf(TreeOperator operation) => operation == TreeOperator.TreeEnsemble ? (21, 5) : (17, 3);

    /// <summary>Adds the trees.</summary>
    /// <param name="graph">The graph.</param>
    /// <param name="input">Shape (N, features); float64 if the trees are, else float32.</param>
    /// <returns>Name of a float32 value of shape (N, scores): the raw scores.</returns>
    public string WriteRaw(OnnxGraphBuilder graph, string input)
    {
        var columns = TreeColumnsGraph.Write(graph, input, model.Trees, model.FeatureNames.Count, isWide, areCategoriesWhole);
        if (operation == TreeOperator.TreeEnsembleRegressor)
        {
            // Its output is float32, whatever it takes.
            return graph.AddNode("TreeEnsembleRegressor", [columns.Value], TreeLists.Attributes(model, columns, isWide, areCategoriesWhole), OnnxGraphBuilder.MlDomain);
        }

        var sums = graph.AddNode("TreeEnsemble", [columns.Value], TreeTensors.Attributes(model, columns, isWide, areCategoriesWhole), OnnxGraphBuilder.MlDomain);
        return isWide ? graph.AddNode("Cast", [sums], [OnnxAttribute.Int("to", (int)OnnxDataType.Float32)]) : sums;
    }

    /// <summary>Adds the output transformation.</summary>
    /// <param name="graph">The graph.</param>
    /// <param name="raw">The raw scores.</param>
    /// <param name="objective">What becomes of them.</param>
    /// <param name="output">Name of the result; null for any.</param>
    /// <returns>Name of a float32 value of shape (N, scores).</returns>
    public static string WriteLink(OnnxGraphBuilder graph, string raw, LightGbmObjective objective, string? output = null)
    {
        switch (objective.Link)
        {
            case TreeLink.Sigmoid:
                // 1 is the default, and a node less.
                var scaled = objective.Factor == 1
                    ? raw
                    : graph.AddNode("Mul", [raw, graph.AddConstant("sigmoid_factor", (ReadOnlySpan<float>)[(float)objective.Factor])]);
                return graph.AddNode("Sigmoid", [scaled], output: output);
            case TreeLink.Softmax:
                return graph.AddNode("Softmax", [raw], [OnnxAttribute.Int("axis", 1)], output: output);
            case TreeLink.Exponential:
                return graph.AddNode("Exp", [raw], output: output);
            case TreeLink.SignedSquare:
                return graph.AddNode("Mul", [raw, graph.AddNode("Abs", [raw])], output: output);
            case TreeLink.Softplus:
                return graph.AddNode("Softplus", [raw], output: output);
            default:
                return graph.AddNode("Identity", [raw], output: output);
        }
    }

    /// <summary>The number that ONNX compares with at a numerical split, so that each value goes the way that it goes in LightGBM, where a number next to zero is zero.</summary>
    /// <param name="tree">The tree.</param>
    /// <param name="split">The split.</param>
    /// <param name="isWide">Whether ONNX compares in float64.</param>
    internal static double ThresholdOf(LightGbmTree tree, int split, bool isWide)
    {
        const float Zero = LightGbmTree.ZeroThreshold;
        return tree.Thresholds[split] switch
        {
            >= 0 and < Zero => Zero,
            >= -Zero and < 0 => isWide ? Math.BitDecrement((double)-Zero) : MathF.BitDecrement(-Zero),
            var threshold => isWide ? threshold : RoundDown(threshold),
        };
    }

    /// <summary>The number that float32 values compare with as float64 ones do with a threshold: x ≤ t is x ≤ the greatest float32 that is not above t.</summary>
    internal static float RoundDown(double threshold)
    {
        var nearest = (float)threshold;
        return nearest > threshold ? MathF.BitDecrement(nearest) : nearest;
    }

    /// <summary>Whether NaN goes left at a numerical split, once zeros that are missing values are NaN too.</summary>
    internal static bool GoesLeftWhenMissing(LightGbmTree tree, int split)
        => tree.MissingOf(split) == LightGbmMissing.None ? tree.Thresholds[split] >= 0 : tree.GoesLeftByDefault(split);
}
