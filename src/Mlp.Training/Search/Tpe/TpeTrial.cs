namespace Mlp.Training.Search.Tpe;

/// <summary>An earlier trial as the sampler sees it.</summary>
/// <param name="Number">The trial from 0.</param>
/// <param name="Parameters">Its settings.</param>
/// <param name="Status">How it ended: finished or pruned; null for one that is under way.</param>
/// <param name="Value">The objective, or of a pruned trial the last value that it reported.</param>
/// <param name="LastStep">The step of that value.</param>
internal sealed record TpeTrial(int Number, TrialParameters Parameters, TrialStatus? Status, double Value, long LastStep);
