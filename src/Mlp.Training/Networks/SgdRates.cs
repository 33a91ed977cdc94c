namespace Mlp.Training.Networks;

/// <summary>The numbers of one step of stochastic gradient descent (Sutskever et al., 2013, in the form of libtorch).</summary>
/// <param name="LearningRate">Step size.</param>
/// <param name="Momentum">Share of the running gradient that is kept; 0 for none.</param>
/// <param name="IsNesterov">Looks ahead by the momentum.</param>
/// <param name="WeightDecay">Added to the gradient, times the weight.</param>
internal readonly record struct SgdRates(double LearningRate, double Momentum, bool IsNesterov, double WeightDecay);
