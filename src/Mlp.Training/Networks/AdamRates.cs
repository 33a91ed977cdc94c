namespace Mlp.Training.Networks;

/// <summary>The numbers of one step of Adam or AdamW (Kingma and Ba, 2015; Loshchilov and Hutter, 2019).</summary>
/// <param name="LearningRate">Step size.</param>
/// <param name="Beta1">Share of the first moment that is kept.</param>
/// <param name="Beta2">Share of the second moment that is kept.</param>
/// <param name="WeightDecay">Decay of the weights.</param>
/// <param name="Epsilon">Added to the root of the second moment.</param>
internal readonly record struct AdamRates(double LearningRate, double Beta1, double Beta2, double WeightDecay, double Epsilon);
