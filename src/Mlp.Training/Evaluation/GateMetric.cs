namespace Mlp.Training.Evaluation;

/// <summary>What models are compared by.</summary>
public enum GateMetric
{
    /// <summary>Area under the ROC curve; higher is better.</summary>
    Auc,

    /// <summary>Log loss in nats, for two or several classes; lower is better.</summary>
    LogLoss,

    /// <summary>Brier score; lower is better.</summary>
    Brier,

    /// <summary>Root of the mean squared error, for regression; lower is better.</summary>
    RootMeanSquaredError,

    /// <summary>Average precision; higher is better.</summary>
    AveragePrecision,

    /// <summary>Share of rows whose class is said rightly, for two or several classes; higher is better.</summary>
    Accuracy,

    /// <summary>F1 at the decision threshold; higher is better.</summary>
    F1,

    /// <summary>Mean absolute error, for regression; lower is better.</summary>
    MeanAbsoluteError,

    /// <summary>Share of the label's variance that is explained, for regression; higher is better.</summary>
    RSquared,

    /// <summary>Mean of the classes' F1, for several classes; higher is better.</summary>
    MacroF1,

    /// <summary>Mean of the classes' areas under the ROC curve, for several classes; higher is better.</summary>
    MacroAuc,

    /// <summary>NDCG, for ranking; higher is better.</summary>
    Ndcg,

    /// <summary>Mean reciprocal rank, for ranking; higher is better.</summary>
    MeanReciprocalRank,

    /// <summary>Mean average precision, for ranking; higher is better.</summary>
    MeanAveragePrecision,
}
