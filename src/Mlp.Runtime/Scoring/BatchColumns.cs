using Mlp.Runtime.Data;

namespace Mlp.Runtime.Scoring;

/// <summary>Names of the columns that scoring adds, and of the metadata of its schemas.</summary>
public static class BatchColumns
{
    /// <summary>The score, float64.</summary>
    public const string Score = "score";

    /// <summary>Index of the predicted class, int32; -1 for regression and ranking.</summary>
    public const string PredictedClass = "predicted_class";

    /// <summary>Name of the predicted class, utf8 (<see cref="ScoringOptions.IncludeLabel"/>).</summary>
    public const string PredictedLabel = "predicted_label";

    /// <summary>Probabilities of all classes, a list of float64 (<see cref="ClassProbabilities.List"/>).</summary>
    public const string Probabilities = "probabilities";

    /// <summary>How the names of columns with the probability of one class begin (<see cref="ClassProbabilities.Columns"/>).</summary>
    public const string ProbabilityPrefix = "probability_";

    /// <summary>Key of the model's name in the metadata of a scored schema or file.</summary>
    public const string ModelKey = SchemaMetadata.Model;

    /// <summary>Key of the model's version in the metadata of a scored schema or file.</summary>
    public const string ModelVersionKey = SchemaMetadata.ModelVersion;

    /// <summary>Key of the SHA-256 of the model's ONNX file in the metadata of a scored schema or file.</summary>
    public const string ModelHashKey = SchemaMetadata.ModelHash;
}
