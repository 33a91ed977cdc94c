using Mlp.Runtime.Models;

namespace Mlp.Training.Evaluation.Plots;

/// <summary>
/// The curves of a binary classifier over all thresholds, descending; rows of one score are one step. The points of ROC and precision-recall are those of scikit-learn's <c>roc_curve</c> (with
/// <c>drop_intermediate=False</c>) and <c>precision_recall_curve</c>, whose last point (1, 0) is left out. Pure functions.
/// </summary>
public static class ScoreCurves
{
    /// <summary>The ROC curve, from (0, 0) to (1, 1).</summary>
    /// <param name="rows">Labelled probabilities of two classes.</param>
    /// <exception cref="ArgumentException">The rows are of another task, or a score is no probability.</exception>
    /// <exception cref="TrainingDataException">The rows are of one class.</exception>
    public static IReadOnlyList<RocPoint> Roc(ScoredRows rows)
    {
        var steps = Steps(rows);
        var (positives, negatives) = (steps[^1].Ones, steps[^1].Zeros);
        return [new(double.PositiveInfinity, 0, 0), .. steps.Select(s => new RocPoint(s.Score, s.Zeros / negatives, s.Ones / positives))];
    }

    /// <summary>The precision-recall curve.</summary>
    /// <inheritdoc cref="Roc"/>
    public static IReadOnlyList<PrecisionRecallPoint> PrecisionRecall(ScoredRows rows)
    {
        var steps = Steps(rows);
        return [.. steps.Select(s => new PrecisionRecallPoint(s.Score, s.Ones / (s.Ones + s.Zeros), s.Ones / steps[^1].Ones))];
    }

    /// <summary>The gain curve, from (0, 0) to (1, 1).</summary>
    /// <inheritdoc cref="Roc"/>
    public static IReadOnlyList<GainPoint> Gain(ScoredRows rows)
    {
        var steps = Steps(rows);
        var total = steps[^1].Ones + steps[^1].Zeros;
        return [new(0, 0), .. steps.Select(s => new GainPoint((s.Ones + s.Zeros) / total, s.Ones / steps[^1].Ones))];
    }

    private static List<(double Score, double Ones, double Zeros)> Steps(ScoredRows rows)
    {
        ProbabilityCheck.Require(rows, ModelTask.BinaryClassification);
        ProbabilityCheck.RequireBothClasses(rows, "to draw curves of");
        rows = rows.Counting();
        var (scores, weights, labels) = (rows.Scores.ToArray(), rows.WeightsOrOnes(), rows.Labels.ToArray());
        var steps = new List<(double Score, double Ones, double Zeros)>();
        var (ones, zeros) = (0.0, 0.0);
        int[] order = [.. Enumerable.Range(0, scores.Length).OrderByDescending(r => scores[r])];
        for (var i = 0; i < order.Length; i++)
        {
            var weight = weights[order[i]];
            (ones, zeros) = labels[order[i]] == 1 ? (ones + weight, zeros) : (ones, zeros + weight);
            if (i == order.Length - 1 || scores[order[i + 1]] != scores[order[i]])
            {
                steps.Add((scores[order[i]], ones, zeros));
            }
        }

        return steps;
    }
}
