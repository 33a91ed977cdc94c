namespace Mlp.Runtime.Inference;

/// <summary>What a value of a model is.</summary>
public enum ModelValueKind
{
    /// <summary>An optional value that is absent.</summary>
    None,

    /// <summary>Elements of one type in a shape.</summary>
    Tensor,

    /// <summary>Values in an order.</summary>
    Sequence,

    /// <summary>A tensor of keys and a tensor of values.</summary>
    Map,
}
