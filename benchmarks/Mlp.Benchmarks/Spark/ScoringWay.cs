namespace Mlp.Benchmarks.Spark;

/// <summary>A way to score all rows.</summary>
/// <param name="Name">Its name.</param>
/// <param name="Answer">What is computed: ways of the same name must agree.</param>
/// <param name="Side">Whose it is.</param>
/// <param name="Run">Scores once.</param>
/// <param name="HasTarget">Whether it is one that users take, which the targets are for.</param>
internal sealed record ScoringWay(string Name, string Answer, ScoringSide Side, Func<Task<ScoredSum>> Run, bool HasTarget = false)
{
    /// <summary>Every run, in order.</summary>
    public List<ScoredSum> Runs { get; } = [];
}
