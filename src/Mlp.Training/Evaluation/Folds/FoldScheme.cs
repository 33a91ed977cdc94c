namespace Mlp.Training.Evaluation.Folds;

/// <summary>How rows are parted into folds.</summary>
public enum FoldScheme
{
    /// <summary>At random, or in the order of the rows without <see cref="CrossValidationOptions.Shuffle"/>.</summary>
    KFold,

    /// <summary>At random, with the same share of each class in every fold.</summary>
    Stratified,

    /// <summary>The rows of a group (an entity, a user) stay together, with about as many rows in every fold.</summary>
    Grouped,

    /// <summary>The rows of a group stay together, with about the same share of each class in every fold.</summary>
    StratifiedGrouped,

    /// <summary>Each fold is tested after training on earlier rows alone.</summary>
    TimeSeries,
}
