namespace Mlp.Training.Distributed.Elastic;

/// <summary>What those who gather for the next generation do.</summary>
internal enum FormationStep
{
    /// <summary>Wait for more.</summary>
    Wait,

    /// <summary>Form the generation.</summary>
    Form,

    /// <summary>Give up: too few.</summary>
    BelowMinimum,

    /// <summary>Give up: no majority.</summary>
    NoMajority,
}
