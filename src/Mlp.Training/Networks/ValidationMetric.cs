namespace Mlp.Training.Networks;

/// <summary>What decides which epoch is the best.</summary>
public enum ValidationMetric
{
    /// <summary>The loss that training makes small; the lower the better.</summary>
    Loss,

    /// <summary>Area under the ROC curve, of several classes the mean over each against the rest; for classification.</summary>
    Auc,

    /// <summary>Share of rows whose predicted class is the true one; for classification.</summary>
    Accuracy,

    /// <summary>Root mean squared error in the label's unit; for regression.</summary>
    RootMeanSquaredError,

    /// <summary>Mean absolute error in the label's unit; for regression.</summary>
    MeanAbsoluteError,

    /// <summary>NDCG of the first 10 of each group; for ranking.</summary>
    Ndcg,
}
