namespace Mlp.Runtime.Kernels.Trees;

/// <summary>What a node of a tree asks of a feature x with its threshold t; the numbers are those of the operator TreeEnsemble (ai.onnx.ml 5).</summary>
internal enum TreeMode
{
    LessOrEqual = 0,
    Less = 1,
    GreaterOrEqual = 2,
    Greater = 3,
    Equal = 4,
    NotEqual = 5,
    Member = 6,
    Leaf = 7,
}
