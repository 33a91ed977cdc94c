using System.Globalization;
using Mlp.Runtime;

namespace Mlp.Training.Networks;

/// <summary>The loss became NaN or infinite, so the weights are lost.</summary>
/// <param name="epoch">Epoch from 1.</param>
/// <param name="step">Step within the epoch, from 1.</param>
/// <param name="learningRate">The learning rate.</param>
public sealed class TrainingDivergedException(int epoch, int step, double learningRate)
    : MlPlatformException(string.Create(
        CultureInfo.InvariantCulture,
        $"Expected a finite loss, but it left the numbers in epoch {epoch}, step {step}: try a learning rate below {learningRate}, or look for extreme labels."))
{
    /// <summary>Epoch from 1.</summary>
    public int Epoch { get; } = epoch;

    /// <summary>Step within the epoch, from 1.</summary>
    public int Step { get; } = step;

    /// <summary>The learning rate.</summary>
    public double LearningRate { get; } = learningRate;
}
