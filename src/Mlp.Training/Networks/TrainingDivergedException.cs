using System.Globalization;
using Mlp.Runtime;

namespace Mlp.Training.Networks;

/// <summary>A number of the training became NaN or infinite, so the weights are lost.</summary>
/// <param name="epoch">Epoch from 1.</param>
/// <param name="step">Step within the epoch, from 1.</param>
/// <param name="learningRate">The learning rate.</param>
/// <param name="phase">Where it was found first.</param>
/// <param name="layer">The layer whose output, or the parameter whose gradient, it was; null for the inputs and for the loss.</param>
public sealed class TrainingDivergedException(int epoch, int step, double learningRate, DivergencePhase phase = DivergencePhase.Loss, string? layer = null)
    : MlPlatformException(string.Create(CultureInfo.InvariantCulture, $"{Found(epoch, step, phase, layer)}: try a learning rate below {learningRate}, {Hint(phase)}."))
{
    /// <summary>Epoch from 1.</summary>
    public int Epoch { get; } = epoch;

    /// <summary>Step within the epoch, from 1.</summary>
    public int Step { get; } = step;

    /// <summary>The learning rate of the step.</summary>
    public double LearningRate { get; } = learningRate;

    /// <summary>Where it was found first.</summary>
    public DivergencePhase Phase { get; } = phase;

    /// <summary>The layer whose output, or the parameter whose gradient, it was; null for the inputs and for the loss.</summary>
    public string? Layer { get; } = layer;

    private static FormattableString Found(int epoch, int step, DivergencePhase phase, string? layer) => phase switch
    {
        DivergencePhase.Input => $"Expected finite inputs, but a row of epoch {epoch}, step {step} has one that is no number",
        DivergencePhase.Forward => $"Expected finite outputs, but those of layer '{layer}' left the numbers in the forward pass of epoch {epoch}, step {step}",
        DivergencePhase.Gradient => $"Expected finite gradients, but that of '{layer}' left the numbers in the backward pass of epoch {epoch}, step {step}",
        DivergencePhase.Validation => $"Expected a finite loss of the rows that validate, but it left the numbers in each of {epoch} epochs",
        _ => $"Expected a finite loss, but it left the numbers in epoch {epoch}, step {step}",
    };

    private static string Hint(DivergencePhase phase) => phase switch
    {
        DivergencePhase.Gradient => "clip gradients (Optimizer.ClipNorm), or look for extreme labels",
        DivergencePhase.Validation => "or look for extreme labels and features among those rows",
        DivergencePhase.Forward or DivergencePhase.Input => "or look for extreme features",
        _ => "or look for extreme labels",
    };
}
