namespace Mlp.Training.Evaluation.Calibration;

/// <summary>How well probabilities come true. Immutable.</summary>
/// <param name="LogLoss">Mean of −ln of the probability given to what happened, nats; 0 is perfect.</param>
/// <param name="Brier">Mean squared distance of probabilities and outcome, 0 (perfect) to 1; with several classes the sum over the classes, 0 to 2.</param>
/// <param name="ExpectedCalibrationError">
/// Mean gap between what was said and what happened over ten bins of equal width, 0 to 1; with several classes, of the probability of the predicted class against whether it was right.
/// </param>
public sealed record CalibrationQuality(double LogLoss, double Brier, double ExpectedCalibrationError);
