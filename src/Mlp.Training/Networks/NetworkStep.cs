namespace Mlp.Training.Networks;

/// <summary>A step of training.</summary>
/// <param name="Step">Steps taken since training began, this one included.</param>
/// <param name="Epoch">Epoch from 1.</param>
/// <param name="Loss">Mean loss of the step's rows before the weights moved; of a step that was left out, of those batches whose loss was a number, NaN for none.</param>
/// <param name="LearningRate">The rate of this step.</param>
/// <param name="GradientNorm">Euclidean norm of the gradients before they were clipped.</param>
/// <param name="IsSkipped">Whether the weights stayed, because outputs or gradients left float16; the loss scale was lowered.</param>
public readonly record struct NetworkStep(long Step, int Epoch, double Loss, double LearningRate, double GradientNorm, bool IsSkipped);
