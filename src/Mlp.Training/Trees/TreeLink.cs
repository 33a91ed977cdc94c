namespace Mlp.Training.Trees;

/// <summary>What becomes of the sum of the leaves.</summary>
internal enum TreeLink
{
    /// <summary>Nothing.</summary>
    Identity,

    /// <summary>1 / (1 + e^(−factor · x)), each by itself.</summary>
    Sigmoid,

    /// <summary>e^x / Σ e^x.</summary>
    Softmax,

    /// <summary>e^x.</summary>
    Exponential,

    /// <summary>sign(x) · x².</summary>
    SignedSquare,

    /// <summary>log(1 + e^x).</summary>
    Softplus,
}
