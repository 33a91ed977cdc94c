namespace Mlp.Features.Online;

/// <summary>How far a view has been materialised: rows of commits up to one, visible at a time.</summary>
/// <param name="Commit">Number of the last commit.</param>
/// <param name="AsOf">The time, microseconds.</param>
internal readonly record struct MaterializationMark(long Commit, long AsOf);
