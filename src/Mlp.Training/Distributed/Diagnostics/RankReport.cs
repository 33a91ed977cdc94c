namespace Mlp.Training.Distributed.Diagnostics;

/// <summary>What the steps of one rank were made of. Times are means per step.</summary>
/// <param name="Rank">The rank.</param>
/// <param name="Host">The machine it runs on.</param>
/// <param name="ProcessId">Its process.</param>
/// <param name="StepTime">Time of a step.</param>
/// <param name="ExposedTime">Part of it in which the rank's thread waited for others or moved values instead of computing.</param>
/// <param name="LastShare">Share of the steps, 0 to 1, in which others waited longest for this rank: the mean of what the others have seen.</param>
/// <param name="AwaitedTime">Time that the others have waited for this rank, the mean of the others.</param>
public sealed record RankReport(int Rank, string Host, int ProcessId, TimeSpan StepTime, TimeSpan ExposedTime, double LastShare, TimeSpan AwaitedTime);
