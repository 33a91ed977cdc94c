namespace Mlp.Training.Trees;

/// <summary>The ONNX operator that trees are written as.</summary>
public enum TreeOperator
{
    /// <summary>TreeEnsemble of <c>ai.onnx.ml</c> 5 (opset 21, ONNX Runtime 1.20 or newer): small and fast to load, and a categorical split is one node.</summary>
    TreeEnsemble,

    /// <summary>TreeEnsembleRegressor of <c>ai.onnx.ml</c> 3 (opset 17), for older runtimes: a categorical split is a chain of comparisons, one per category.</summary>
    TreeEnsembleRegressor,
}
