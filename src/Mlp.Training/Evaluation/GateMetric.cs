namespace Mlp.Training.Evaluation;

/// <summary>What the gate compares models by.</summary>
public enum GateMetric
{
    /// <summary>Area under the ROC curve; higher is better.</summary>
    Auc,

    /// <summary>Log loss in nats; lower is better.</summary>
    LogLoss,

    /// <summary>Brier score; lower is better.</summary>
    Brier,

    /// <summary>Root of the mean squared error, for regression; lower is better.</summary>
    RootMeanSquaredError,
}
