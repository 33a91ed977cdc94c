using Microsoft.Extensions.Logging;
using Mlp.Runtime.Data;
using Mlp.Runtime.Models;

namespace Mlp.Training.Preprocessing;

/// <summary>
/// Warns where rows without a time, whose last ones validate, are sorted by class: the classes of both parts differ by more than a tenth of the rows (half the sum of the differences of their shares), and by more than
/// chance would give (Pearson's chi-squared statistic of both parts is five standard deviations above its mean).
/// </summary>
internal static class HeldOutClasses
{
    private const double LeastDistance = 0.1;
    private const double DeviationsAboveChance = 5;

    /// <summary>Compares the classes of both parts.</summary>
    /// <param name="logger">Told of it.</param>
    /// <param name="rows">The rows, labels checked.</param>
    /// <param name="trainingCount">How many of them, the first, train.</param>
    /// <param name="manifest">What they are.</param>
    /// <param name="task">What is predicted.</param>
    public static void WarnIfOthers(ILogger logger, LabelledRows rows, int trainingCount, TrainingSetManifest manifest, ModelTask task)
    {
        var heldCount = rows.RowCount - trainingCount;
        if (task is not (ModelTask.BinaryClassification or ModelTask.MulticlassClassification) || manifest.TimeColumn is not null || trainingCount == 0 || heldCount == 0)
        {
            return;
        }

        var classCount = Math.Max(2, rows.ClassNames.Count);
        var (before, held) = (Shares(rows.Labels[..trainingCount], classCount), Shares(rows.Labels[trainingCount..], classCount));
        double distance = 0, statistic = 0;
        var most = 0;
        for (var i = 0; i < classCount; i++)
        {
            var share = ((before[i] * trainingCount) + (held[i] * heldCount)) / rows.RowCount;
            distance += Math.Abs(before[i] - held[i]) / 2;
            statistic += share == 0 ? 0 : Math.Pow(before[i] - held[i], 2) / share / ((1.0 / trainingCount) + (1.0 / heldCount));
            most = held[i] - before[i] > held[most] - before[most] ? i : most;
        }

        double freedom = classCount - 1;
        if (distance > LeastDistance && statistic > freedom + (DeviationsAboveChance * Math.Sqrt(2 * freedom)))
        {
            logger.LogWarning(
                "The last {HeldCount} of {RowCount} rows validate, and their classes are others than those before: class '{Class}' has {HeldShare:P0} of them and {Share:P0} before. Mix rows that are sorted by class, or give validation rows (TrainingSplit.ByChanceAsync)",
                heldCount,
                rows.RowCount,
                rows.ClassNames.Count > 0 ? rows.ClassNames[most] : most,
                held[most],
                before[most]);
        }
    }

    private static double[] Shares(ReadOnlySpan<double> labels, int classCount)
    {
        var shares = new double[classCount];
        foreach (var label in labels)
        {
            shares[(int)label]++;
        }

        var count = labels.Length;
        return System.Array.ConvertAll(shares, rows => rows / count);
    }
}
