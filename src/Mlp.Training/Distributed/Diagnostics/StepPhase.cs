namespace Mlp.Training.Distributed.Diagnostics;

/// <summary>What the thread of a replica does in a step.</summary>
internal enum StepPhase
{
    /// <summary>What is none of the others: callbacks, and whatever lies between two phases.</summary>
    Other,

    /// <summary>It waits for a batch.</summary>
    Load,

    /// <summary>It computes outputs and losses.</summary>
    Forward,

    /// <summary>It computes gradients.</summary>
    Backward,

    /// <summary>It waits until gradients are sums over all replicas.</summary>
    Gradients,

    /// <summary>It moves the weights.</summary>
    Optimizer,
}
