namespace Mlp.Runtime.Models;

/// <summary>What a model predicts. The names stand in manifests.</summary>
public enum ModelTask
{
    /// <summary>One of two classes; the score is the probability of the positive one.</summary>
    BinaryClassification,

    /// <summary>One of several classes; the scores are their probabilities.</summary>
    MulticlassClassification,

    /// <summary>A number.</summary>
    Regression,

    /// <summary>A number whose order counts.</summary>
    Ranking,

    /// <summary>Tensors without a score: the model is called by its inputs and outputs, and no prediction is made of them.</summary>
    Tensors,
}
