namespace Mlp.Runtime.Kernels.Trees;

/// <summary>How the leaves of all trees become one number per target; the numbers are those of the operator TreeEnsemble (ai.onnx.ml 5).</summary>
internal enum TreeAggregate
{
    Average = 0,
    Sum = 1,
    Minimum = 2,
    Maximum = 3,
}
