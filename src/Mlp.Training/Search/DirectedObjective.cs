namespace Mlp.Training.Search;

/// <summary>An objective that knows which of its values are better, so that a search that goes the other way is refused.</summary>
/// <param name="higherIsBetter">Whether greater ones are.</param>
/// <param name="objective">The objective.</param>
internal sealed class DirectedObjective(bool higherIsBetter, Func<Trial, CancellationToken, Task<double>> objective)
{
    public bool HigherIsBetter { get; } = higherIsBetter;

    public Task<double> RunAsync(Trial trial, CancellationToken cancellationToken) => objective(trial, cancellationToken);
}
