namespace Mlp.Training.Evaluation.Comparison;

/// <summary>By what it is told whether a difference between two models may be chance.</summary>
public enum PairedTest
{
    /// <summary>Rows (for ranking: groups) are drawn again with replacement, and both models are measured on each draw.</summary>
    Bootstrap,

    /// <summary>DeLong's test of two areas under the ROC curve, which needs no drawing: for AUC and the mean of the classes' AUCs.</summary>
    DeLong,

    /// <summary>The t-test over folds with Nadeau and Bengio's correction, for cross-validations.</summary>
    CorrectedT,
}
