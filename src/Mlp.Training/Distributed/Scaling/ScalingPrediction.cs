namespace Mlp.Training.Distributed.Scaling;

/// <summary>What a step takes on many devices, as reckoned, not measured.</summary>
/// <param name="DeviceCount">Devices.</param>
/// <param name="Step">Time of a step.</param>
/// <param name="Communication">Time in which gradients travel.</param>
/// <param name="Exposed">The part of it that the backward pass does not hide.</param>
/// <param name="Efficiency">Time of a step without communication divided by that with it, 0 to 1.</param>
public sealed record ScalingPrediction(int DeviceCount, TimeSpan Step, TimeSpan Communication, TimeSpan Exposed, double Efficiency);
