namespace Mlp.Training.Evaluation.Folds;

/// <summary>Which rows a fold trains and tests on.</summary>
/// <param name="Repeat">From 1.</param>
/// <param name="Number">From 1.</param>
/// <param name="FoldOf">The number of the fold that each row is tested in; 0 for none.</param>
/// <param name="Window">The training rows of a time series: from the first one to before the last one; null for all that are not tested.</param>
internal sealed record PlannedFold(int Repeat, int Number, int[] FoldOf, (int Start, int End)? Window)
{
    public bool IsTest(int row) => FoldOf[row] == Number;

    public bool IsTraining(int row) => Window is { } window ? row >= window.Start && row < window.End : FoldOf[row] != Number;

    /// <summary>The rows that are tested, ascending.</summary>
    public int[] TestRows() => [.. Enumerable.Range(0, FoldOf.Length).Where(IsTest)];

    public int TrainingCount() => Enumerable.Range(0, FoldOf.Length).Count(IsTraining);
}
