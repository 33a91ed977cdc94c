using Mlp.Runtime.Models;

namespace Mlp.Training.Evaluation.Comparison;

/// <summary>Whether each class has enough rows for a verdict: with few of one, the figure rests on these alone and a test takes chance for an improvement.</summary>
internal static class ClassRows
{
    /// <summary>What speaks against a verdict.</summary>
    /// <param name="metric">What models are compared by.</param>
    /// <param name="rows">The rows of the comparison; rows of weight 0 do not count.</param>
    /// <param name="least">Rows that each class needs.</param>
    /// <returns>A sentence; null where the classes have enough, or the metric does not depend on them.</returns>
    public static string? Objection(GateMetric metric, ScoredRows rows, int least)
    {
        var isBinary = rows.Task == ModelTask.BinaryClassification;
        if (!isBinary && metric is not (GateMetric.MacroAuc or GateMetric.MacroF1))
        {
            return null;
        }

        var counts = new int[isBinary ? 2 : rows.ScoreCount];
        for (var i = 0; i < rows.RowCount; i++)
        {
            counts[(int)rows.Labels[i]] += rows.Weights.IsEmpty || rows.Weights[i] > 0 ? 1 : 0;
        }

        // A class without rows takes no part in a mean over classes.
        var rarest = isBinary ? counts.Min() : counts.Where(c => c > 0).DefaultIfEmpty().Min();
        var name = Array.IndexOf(counts, rarest);
        var called = isBinary ? (name == 0 ? "0" : "1") : $"'{rows.ClassNames[name]}'";
        return rarest >= least ? null : FormattableString.Invariant($"Expected at least {least} rows of each class to compare on, but class {called} has {rarest}: the champion stays.");
    }
}
