namespace Mlp.Runtime.Predictions;

/// <summary>The answer of a model.</summary>
/// <param name="Id">Identifies the prediction; labels are recorded by it.</param>
/// <param name="Score">The score output: a probability for classifiers, a number for regressors.</param>
/// <param name="PredictedClass">Index of the class said by the decision threshold (binary) or the highest score (multiclass); -1 for regression and ranking.</param>
/// <param name="ModelVersion">The version that answered.</param>
public readonly record struct Prediction(PredictionId Id, double Score, int PredictedClass, int ModelVersion);
