namespace Mlp.Features.Online;

/// <summary>How far a view has been materialised: rows of commits up to one, visible at a time.</summary>
/// <param name="Commit">Number of the last commit.</param>
/// <param name="AsOf">The time, microseconds.</param>
/// <param name="HasLaterRows">Whether rows were left out because they were not visible yet.</param>
internal readonly record struct MaterializationMark(long Commit, long AsOf, bool HasLaterRows = false);
