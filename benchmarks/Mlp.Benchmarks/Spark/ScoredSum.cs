namespace Mlp.Benchmarks.Spark;

/// <summary>What a way gave: how long it took, and what its scores add up to.</summary>
/// <param name="Seconds">Seconds from the query to its answer.</param>
/// <param name="Count">Number of rows with a score.</param>
/// <param name="Sum">Sum of the scores.</param>
internal readonly record struct ScoredSum(double Seconds, long Count, double Sum);
