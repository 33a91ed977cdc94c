namespace Mlp.Training.Networks;

/// <summary>Ways to move weights.</summary>
public enum OptimizerKind
{
    /// <summary>Adam with decoupled weight decay (Loshchilov and Hutter, 2019).</summary>
    AdamW,

    /// <summary>Adam (Kingma and Ba, 2015); weight decay is part of the gradient.</summary>
    Adam,

    /// <summary>Stochastic gradient descent, with momentum where it is set; weight decay is part of the gradient.</summary>
    Sgd,
}
