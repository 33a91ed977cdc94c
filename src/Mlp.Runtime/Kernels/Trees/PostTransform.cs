namespace Mlp.Runtime.Kernels.Trees;

/// <summary>What is made of the scores of a classical model at the end.</summary>
internal enum PostTransform
{
    None,
    Logistic,
    Softmax,
    SoftmaxZero,
}
