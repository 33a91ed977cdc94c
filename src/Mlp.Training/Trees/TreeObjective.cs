namespace Mlp.Training.Trees;

/// <summary>What trees are trained for: the objectives of LightGBM.</summary>
public enum TreeObjective
{
    /// <summary>One of two classes, by log loss. The score is the probability of class 1.</summary>
    Binary,

    /// <summary>One of several classes, by softmax. The scores are probabilities that sum to 1.</summary>
    Multiclass,

    /// <summary>One of several classes, each against all others. The scores are probabilities that need not sum to 1.</summary>
    MulticlassOneVersusAll,

    /// <summary>A number, by squared error.</summary>
    Regression,

    /// <summary>A number, by absolute error.</summary>
    AbsoluteError,

    /// <summary>A number, by Huber's loss.</summary>
    Huber,

    /// <summary>A number, by the Fair loss.</summary>
    Fair,

    /// <summary>A quantile of a number (<see cref="TreeOptions.Alpha"/>).</summary>
    Quantile,

    /// <summary>A number, by absolute percentage error.</summary>
    AbsolutePercentageError,

    /// <summary>A count of 0 or more.</summary>
    Poisson,

    /// <summary>A number above 0, as an amount or a duration.</summary>
    Gamma,

    /// <summary>A number of 0 or more with many zeros, as an insurance loss.</summary>
    Tweedie,

    /// <summary>A share from 0 to 1, by cross-entropy.</summary>
    CrossEntropy,

    /// <summary>A share from 0 to 1 with weights as exposures. The score is an intensity of 0 or more.</summary>
    CrossEntropyLambda,

    /// <summary>An order within groups, by LambdaRank. Labels are grades from 0.</summary>
    LambdaRank,

    /// <summary>An order within groups, by XE-NDCG.</summary>
    RankXendcg,
}
