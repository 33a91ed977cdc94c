using Mlp.Runtime.Data;

namespace Mlp.Training.Trees;

/// <summary>How trees are written as ONNX.</summary>
public sealed class TreeConversionOptions
{
    /// <summary>The operator.</summary>
    /// <value>The default value is <see cref="TreeOperator.TreeEnsemble"/>.</value>
    public TreeOperator Operator { get; set; } = TreeOperator.TreeEnsemble;

    /// <summary>What is computed in.</summary>
    /// <value>The default value is <see cref="TreePrecision.Float64"/>.</value>
    public TreePrecision Precision { get; set; } = TreePrecision.Float64;

    /// <summary>Element type of the input of a converted model: <see cref="FeatureType.Float32"/> or <see cref="FeatureType.Float64"/>. Float32 inputs never round: the thresholds do, to the side that decides alike.</summary>
    /// <value>The default value is <see cref="FeatureType.Float32"/>.</value>
    public FeatureType InputType { get; set; } = FeatureType.Float32;

    /// <summary>Whether the converted model has a second output, <c>raw_score</c>: the sums of the leaves before the output transformation.</summary>
    /// <value>The default value is false.</value>
    public bool IncludeRawScore { get; set; }
}
