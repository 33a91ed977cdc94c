using Mlp.Runtime.Onnx;

namespace Mlp.Runtime.Kernels.Recognition;

/// <summary>The operators that kernels cover, and who reads them.</summary>
internal static class Operators
{
    private static readonly Dictionary<(string Domain, string Type), Func<GraphRecogniser, OnnxNodeEditor, string, KernelValue>> Readers = new()
    {
        [("", "Identity")] = ShapeOperators.Identity,
        [("", "Dropout")] = ShapeOperators.Identity,
        [("", "Cast")] = ShapeOperators.Cast,
        [("", "Reshape")] = ShapeOperators.Reshape,
        [("", "Flatten")] = ShapeOperators.Flatten,
        [("", "Squeeze")] = ShapeOperators.Squeeze,
        [("", "Unsqueeze")] = ShapeOperators.Unsqueeze,
        [("", "Concat")] = ShapeOperators.Concat,
        [("", "Gather")] = ShapeOperators.Gather,
        [(OnnxGraphBuilder.MlDomain, "ArrayFeatureExtractor")] = ShapeOperators.Extract,
        [("", "Add")] = ElementOperators.Add,
        [("", "Sub")] = ElementOperators.Subtract,
        [("", "Mul")] = ElementOperators.Multiply,
        [("", "Div")] = ElementOperators.Divide,
        [("", "Clip")] = ElementOperators.Clip,
        [("", "IsNaN")] = ElementOperators.IsNaN,
        [("", "Equal")] = ElementOperators.Equal,
        [("", "Where")] = ElementOperators.Where,
        [("", "Relu")] = NetworkOperators.Relu,
        [("", "LeakyRelu")] = NetworkOperators.LeakyRelu,
        [("", "Sigmoid")] = NetworkOperators.Sigmoid,
        [("", "Tanh")] = NetworkOperators.Tanh,
        [("", "Softmax")] = NetworkOperators.Softmax,
        [("", "Gemm")] = NetworkOperators.Gemm,
        [("", "MatMul")] = NetworkOperators.MatMul,
        [("", "BatchNormalization")] = NetworkOperators.BatchNormalization,
        [(OnnxGraphBuilder.MlDomain, "Scaler")] = ClassicalOperators.Scaler,
        [(OnnxGraphBuilder.MlDomain, "Imputer")] = ClassicalOperators.Imputer,
        [(OnnxGraphBuilder.MlDomain, "LinearRegressor")] = ClassicalOperators.LinearRegressor,
        [(OnnxGraphBuilder.MlDomain, "LinearClassifier")] = ClassicalOperators.LinearClassifier,
        [(OnnxGraphBuilder.MlDomain, "TreeEnsembleRegressor")] = TreeOperators.Regressor,
        [(OnnxGraphBuilder.MlDomain, "TreeEnsembleClassifier")] = TreeOperators.Classifier,
        [(OnnxGraphBuilder.MlDomain, "TreeEnsemble")] = TreeOperators.Ensemble,
    };

    /// <summary>Reads a node.</summary>
    /// <param name="graph">The recogniser.</param>
    /// <param name="node">The node.</param>
    /// <param name="output">Which of its outputs is wanted.</param>
    /// <exception cref="UncoveredGraphException">No kernel covers it.</exception>
    public static KernelValue Read(GraphRecogniser graph, OnnxNodeEditor node, string output)
        => Readers.TryGetValue((node.Domain, node.OperatorType), out var reader)
            ? reader(graph, node, output)
            : throw new UncoveredGraphException($"operators that kernels cover, but found {node.OperatorType} (node '{node.Name}')");

    /// <summary>The name of an input of a node.</summary>
    /// <param name="node">The node.</param>
    /// <param name="index">Which input.</param>
    /// <returns>The name; null if it is left out.</returns>
    public static string? Input(OnnxNodeEditor node, int index) => index < node.Inputs.Count && node.Inputs[index].Length > 0 ? node.Inputs[index] : null;

    /// <summary>Says that a node asks for something that kernels do not cover.</summary>
    /// <param name="node">The node.</param>
    /// <param name="what">What it asks for.</param>
    public static UncoveredGraphException Uncovered(OnnxNodeEditor node, string what)
        => new($"{node.OperatorType} as kernels cover it, but found {what} (node '{node.Name}')");
}
