using Mlp.Runtime.Models;
using Mlp.Runtime.Statistics;
using Mlp.Runtime.Statistics.Intervals;

namespace Mlp.Training.Evaluation.Comparison;

/// <summary>
/// DeLong's test of two areas under the ROC curve on the same rows (DeLong, DeLong and Clarke-Pearson, Biometrics 44, 1988): z = (A − B) / √Var(A − B), with the variance from the differences of the rows' influences.
/// </summary>
internal static class PairedDeLong
{
    /// <summary>Whether there is such a test of a metric.</summary>
    public static bool IsFor(GateMetric metric) => metric is GateMetric.Auc or GateMetric.MacroAuc;

    /// <summary>Tests.</summary>
    /// <param name="challenger">Scores of the challenger.</param>
    /// <param name="champion">Scores of the champion on the same rows.</param>
    /// <param name="improvement">By how much the challenger's area is greater.</param>
    /// <param name="confidence">Probability that the interval covers it.</param>
    /// <param name="cancellationToken">Ends the test between the models.</param>
    public static PairedDifference Compute(ScoredRows challenger, ScoredRows champion, double improvement, double confidence, CancellationToken cancellationToken)
    {
        if (InfluenceOf(challenger.Counting(), cancellationToken) is not { } mine || InfluenceOf(champion.Counting(), cancellationToken) is not { } theirs)
        {
            return new(PairedTest.DeLong, null, double.NaN);
        }

        for (var i = 0; i < mine.Length; i++)
        {
            mine[i] -= theirs[i];
        }

        var error = AucInfluence.StandardError(mine);
        var half = NormalDistribution.Quantile(0.5 + (confidence / 2)) * error;
        return new(
            PairedTest.DeLong,
            new ImprovementInterval(improvement - half, improvement + half, confidence),
            error == 0 ? (improvement == 0 ? 1 : 0) : NormalDistribution.TwoSided(improvement / error));
    }

    private static double[]? InfluenceOf(ScoredRows rows, CancellationToken cancellationToken)
    {
        cancellationToken.ThrowIfCancellationRequested();
        return rows.Task == ModelTask.BinaryClassification
            ? AucInfluence.Compute(rows.Scores, Array.ConvertAll(rows.Labels.ToArray(), l => l == 1), rows.Weights)
            : MulticlassIntervals.MacroAucInfluence(
                MulticlassMetrics.ComputeWeighted(rows.Scores, rows.ClassIndexes(), rows.WeightsOrOnes(), rows.ClassNames.Count), rows.Scores, rows.ClassIndexes(), rows.Weights, byRows: false);
    }
}
