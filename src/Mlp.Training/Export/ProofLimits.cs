namespace Mlp.Training.Export;

/// <summary>What a file may differ by from the model that it was made of.</summary>
/// <param name="Real">On real rows.</param>
/// <param name="Missing">On rows with missing values.</param>
/// <param name="Extreme">On rows with extreme values.</param>
/// <param name="Advice">What to do where it differs by more, a sentence; null for what settings of an export say.</param>
/// <param name="ScaleOf">What scores deviate by as much as is the size below which they are not compared more closely, for the sentence.</param>
internal sealed record ProofLimits(double Real, double Missing, double Extreme, string? Advice = null, string ScaleOf = ExportRefusedException.TrainingLabels);
