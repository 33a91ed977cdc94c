namespace Mlp.Monitoring.Comparison;

/// <summary>By which loss two versions are compared; smaller is better.</summary>
public enum ComparedLoss
{
    /// <summary>The one that fits the task: <see cref="SquaredProbabilityError"/> for a binary model, <see cref="WrongClass"/> for several classes, <see cref="LargerError"/> for a regression.</summary>
    Default,

    /// <summary>(p − y)² of a binary model, the Brier score of one row: 0 to 1.</summary>
    SquaredProbabilityError,

    /// <summary>1 where the predicted class is not the true one: at the decision threshold for a binary model, of the greatest score for several classes.</summary>
    WrongClass,

    /// <summary>|ŷ − y| of a regression, up to <see cref="VariantComparisonOptions.GreatestError"/>.</summary>
    AbsoluteError,

    /// <summary>Which of the two is further off, 1 or −1, 0 where they are equally far: for a regression whose errors have no bound. Needs answers to the same requests.</summary>
    LargerError,
}
