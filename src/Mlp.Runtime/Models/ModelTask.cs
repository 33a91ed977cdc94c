using System.Text.Json.Serialization;

namespace Mlp.Runtime.Models;

/// <summary>What a model predicts. The words stand in manifests and never change.</summary>
public enum ModelTask
{
    /// <summary>One of two classes; the score is the probability of the positive one.</summary>
    [JsonStringEnumMemberName("binary-classification")]
    BinaryClassification,

    /// <summary>One of several classes; the scores are their probabilities.</summary>
    [JsonStringEnumMemberName("multiclass-classification")]
    MulticlassClassification,

    /// <summary>A number.</summary>
    [JsonStringEnumMemberName("regression")]
    Regression,

    /// <summary>A number whose order counts.</summary>
    [JsonStringEnumMemberName("ranking")]
    Ranking,

    /// <summary>Tensors without a score: the model is called by its inputs and outputs, and no prediction is made of them.</summary>
    [JsonStringEnumMemberName("tensors")]
    Tensors,
}
