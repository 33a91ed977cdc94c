namespace Mlp.Runtime.Predictions;

/// <summary>The answer of a model. Immutable.</summary>
public readonly record struct Prediction
{
    /// <summary>Identifies the prediction; labels are recorded by it.</summary>
    public PredictionId Id { get; init; }

    /// <summary>The score output: a probability for classifiers, a number for regressors.</summary>
    public double Score { get; init; }

    /// <summary>Index of the class said by the decision threshold (binary) or the highest score (multiclass); -1 for regression and ranking.</summary>
    public int PredictedClass { get; init; }

    /// <summary>The version that answered.</summary>
    public int ModelVersion { get; init; }

    /// <summary>The role that the version answered in, for example <c>champion</c>; empty in a default value.</summary>
    public string Variant
    {
        get => field ?? string.Empty;
        init;
    }
}
