namespace Mlp.Training.Networks;

/// <summary>Where a training left the numbers.</summary>
public enum DivergencePhase
{
    /// <summary>In the rows themselves.</summary>
    Input,

    /// <summary>In the output of a layer.</summary>
    Forward,

    /// <summary>In the loss, while all outputs were finite.</summary>
    Loss,

    /// <summary>In a gradient, while the loss was finite.</summary>
    Gradient,

    /// <summary>In the loss of the rows that validate, in every epoch.</summary>
    Validation,
}
