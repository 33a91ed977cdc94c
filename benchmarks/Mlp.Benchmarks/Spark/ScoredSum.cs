namespace Mlp.Benchmarks.Spark;

/// <summary>What a way gave: how long it took, and what its scores add up to.</summary>
/// <param name="Seconds">Seconds from the query to its answer.</param>
/// <param name="Count">Number of rows with a score.</param>
/// <param name="Sum">Sum of the scores.</param>
/// <param name="Processor">Processor time that it took on the server.</param>
internal readonly record struct ScoredSum(double Seconds, long Count, double Sum, ProcessorTimes Processor = default);
