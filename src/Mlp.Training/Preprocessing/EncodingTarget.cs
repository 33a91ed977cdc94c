using Mlp.Runtime.Models;

namespace Mlp.Training.Preprocessing;

/// <summary>What the rows are encoded for, where an encoding looks at labels.</summary>
/// <param name="Task">What labels are.</param>
/// <param name="ClassCount">Number of classes of <see cref="ModelTask.MulticlassClassification"/>; 1 otherwise.</param>
/// <param name="Seed">Of the folds.</param>
internal sealed record EncodingTarget(ModelTask Task, int ClassCount, int Seed);
