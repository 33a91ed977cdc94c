namespace Mlp.Runtime.Statistics;

/// <summary>What a chi-square test gave.</summary>
/// <param name="Statistic">X², 0 and up.</param>
/// <param name="PValue">The chance of such a statistic where nothing differs.</param>
/// <param name="DegreesOfFreedom">Degrees of freedom; 0 where fewer than two bins are in use.</param>
internal readonly record struct ChiSquareResult(double Statistic, double PValue, int DegreesOfFreedom);
