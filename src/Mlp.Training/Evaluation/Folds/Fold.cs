using Mlp.Runtime.Data;

namespace Mlp.Training.Evaluation.Folds;

/// <summary>The rows of a fold; both parts read the training set as a stream.</summary>
/// <param name="Repeat">From 1.</param>
/// <param name="Number">From 1.</param>
/// <param name="Training">The rows to train on.</param>
/// <param name="Test">The rows to test on.</param>
public sealed record Fold(int Repeat, int Number, ITrainingSet Training, ITrainingSet Test);
