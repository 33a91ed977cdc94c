namespace Mlp.Training.Evaluation;

/// <summary>A figure that learning curves and importances are told in.</summary>
public enum HoldoutMetric
{
    /// <summary>Mean of −ln of the probability given to what happened: two or several classes.</summary>
    LogLoss,

    /// <summary>Area under the ROC curve: two classes; with several the mean of each against the rest.</summary>
    Auc,

    /// <summary>Share of rows whose class was said, by 0.5 with two classes.</summary>
    Accuracy,

    /// <summary>Root of the mean squared error: regression.</summary>
    RootMeanSquaredError,

    /// <summary>Mean of |prediction − label|: regression.</summary>
    MeanAbsoluteError,

    /// <summary>Share of the label's variance that is explained: regression.</summary>
    RSquared,
}
