using System.Text.Json.Serialization;

namespace Mlp.Runtime.Statistics;

/// <summary>The quality of a classifier of several classes on labelled rows. The figures are those of scikit-learn. Immutable; safe for use by many threads.</summary>
/// <remarks>
/// The predicted class is that of the greatest score, of equal ones the first. Averages of F1 go over the classes that occur as truth or prediction; a class that is never predicted rightly has F1 0. An area
/// of one class against the rest is NaN where the class, or the rest, has no rows, and is left out of the averages. JSON writes NaN as the string "NaN".
/// </remarks>
[JsonNumberHandling(JsonNumberHandling.AllowNamedFloatingPointLiterals)]
public sealed record MulticlassMetrics
{
    /// <summary>Labelled rows, at least 1.</summary>
    public required long RowCount { get; init; }

    /// <summary>Share of rows whose predicted class is the true one.</summary>
    public required double Accuracy { get; init; }

    /// <summary>Mean of the classes' F1.</summary>
    public required double MacroF1 { get; init; }

    /// <summary>F1 of all decisions together, which is the accuracy where every row has one class.</summary>
    public double MicroF1 => Accuracy;

    /// <summary>Mean of the classes' F1, each weighted by its true rows.</summary>
    public required double WeightedF1 { get; init; }

    /// <summary>
    /// Mean of −ln of the probability given to the true class: clipped at 2^-52, then divided by the row's sum. NaN where a score is below 0 or above 1.
    /// </summary>
    public required double LogLoss { get; init; }

    /// <summary>Area under the ROC curve of each class against the rest, shape (classes).</summary>
    public required IReadOnlyList<double> Aucs { get; init; }

    /// <summary>Mean of <see cref="Aucs"/>.</summary>
    public required double MacroAuc { get; init; }

    /// <summary>Mean of <see cref="Aucs"/>, each weighted by its true rows.</summary>
    public required double WeightedAuc { get; init; }

    /// <summary>Rows by true class (first index) and predicted class (second index), shape (classes, classes), row-major; of rows with sampling weights the sums of these.</summary>
    public required IReadOnlyList<double> Confusion { get; init; }

    /// <summary>Computes every metric.</summary>
    /// <param name="scores">Shape (rows, classes), row-major, without NaN.</param>
    /// <param name="labels">Shape (rows), 0 to classes - 1.</param>
    /// <param name="classCount">Number of classes, at least 2.</param>
    /// <exception cref="ArgumentException">No rows, lengths that differ, a NaN score, or a label that is no class.</exception>
    public static MulticlassMetrics Compute(ReadOnlySpan<double> scores, ReadOnlySpan<int> labels, int classCount)
    {
        var weights = new double[labels.Length];
        System.Array.Fill(weights, 1);
        return ComputeWeighted(scores, labels, weights, classCount);
    }

    /// <summary>Computes every metric over rows of which each stands for a number of rows.</summary>
    /// <param name="scores">Shape (rows, classes), row-major, without NaN.</param>
    /// <param name="labels">Shape (rows), 0 to classes - 1.</param>
    /// <param name="weights">Shape (rows), finite and above 0.</param>
    /// <param name="classCount">Number of classes, at least 2.</param>
    /// <exception cref="ArgumentException">No rows, lengths that differ, a NaN score, a label that is no class, or a weight that is not above 0.</exception>
    internal static MulticlassMetrics ComputeWeighted(ReadOnlySpan<double> scores, ReadOnlySpan<int> labels, ReadOnlySpan<double> weights, int classCount)
    {
        ThrowIfNotUsable(scores, labels, classCount);
        SamplingWeights.Require(weights, labels.Length);
        var confusion = new double[classCount * classCount];
        for (var i = 0; i < labels.Length; i++)
        {
            confusion[(labels[i] * classCount) + PredictedClass(scores.Slice(i * classCount, classCount))] += weights[i];
        }

        var support = new double[classCount];
        var right = 0.0;
        for (var c = 0; c < classCount; c++)
        {
            for (var other = 0; other < classCount; other++)
            {
                support[c] += confusion[(c * classCount) + other];
            }

            right += confusion[(c * classCount) + c];
        }

        var total = support.Sum();
        var (macro, weighted) = F1Averages(confusion, classCount);
        var aucs = AucsOf(scores, labels, weights, classCount);
        var (aucSum, aucCount, aucWeighted, aucWeight) = (0.0, 0, 0.0, 0.0);
        for (var c = 0; c < classCount; c++)
        {
            if (!double.IsNaN(aucs[c]))
            {
                aucSum += aucs[c];
                aucCount++;
                aucWeighted += aucs[c] * support[c];
                aucWeight += support[c];
            }
        }

        return new()
        {
            RowCount = labels.Length,
            Accuracy = right / total,
            MacroF1 = macro,
            WeightedF1 = weighted,
            LogLoss = LogLossOf(scores, labels, weights, classCount) / total,
            Aucs = System.Array.AsReadOnly(aucs),
            MacroAuc = aucSum / aucCount,
            WeightedAuc = aucWeighted / aucWeight,
            Confusion = System.Array.AsReadOnly(confusion),
        };
    }

    /// <summary>The mean of the classes' F1, and that weighted by their true rows.</summary>
    /// <param name="confusion">Rows by true and predicted class, shape (classes, classes), row-major.</param>
    /// <param name="classCount">Number of classes.</param>
    internal static (double Macro, double Weighted) F1Averages(ReadOnlySpan<double> confusion, int classCount)
    {
        var (macro, weighted, occurring, total) = (0.0, 0.0, 0, 0.0);
        for (var c = 0; c < classCount; c++)
        {
            var (support, predicted) = (0.0, 0.0);
            for (var other = 0; other < classCount; other++)
            {
                support += confusion[(c * classCount) + other];
                predicted += confusion[(other * classCount) + c];
            }

            var f1 = support + predicted == 0 ? 0 : 2 * confusion[(c * classCount) + c] / (support + predicted);
            occurring += support + predicted > 0 ? 1 : 0;
            macro += f1;
            weighted += f1 * support;
            total += support;
        }

        return (macro / occurring, weighted / total);
    }

    /// <summary>Whether the true class is among the k of the greatest scores: of equal scores the later class counts as the greater, as scikit-learn's top_k_accuracy_score has it.</summary>
    /// <param name="row">One score per class.</param>
    /// <param name="label">The true class.</param>
    /// <param name="k">At least 1.</param>
    internal static bool IsAmongTop(ReadOnlySpan<double> row, int label, int k)
    {
        var above = 0;
        for (var c = 0; c < row.Length; c++)
        {
            above += row[c] > row[label] || (row[c] == row[label] && c > label) ? 1 : 0;
        }

        return above < k;
    }

    /// <summary>The class of the greatest score, of equal ones the first.</summary>
    /// <param name="row">One score per class.</param>
    internal static int PredictedClass(ReadOnlySpan<double> row)
    {
        var best = 0;
        for (var c = 1; c < row.Length; c++)
        {
            best = row[c] > row[best] ? c : best;
        }

        return best;
    }

    /// <summary>−ln of the probability given to the true class: clipped at 2^-52, then divided by the row's sum; NaN where a score is no probability.</summary>
    /// <param name="row">One score per class.</param>
    /// <param name="label">The true class.</param>
    internal static double LossOf(ReadOnlySpan<double> row, int label)
    {
        var sum = 0.0;
        foreach (var score in row)
        {
            if (score < -BinaryClassificationMetrics.ProbabilityTolerance || score > 1 + BinaryClassificationMetrics.ProbabilityTolerance)
            {
                return double.NaN;
            }

            sum += Statistics.LogLoss.Clip(score);
        }

        return -Math.Log(Statistics.LogLoss.Clip(row[label]) / sum);
    }

    private static double LogLossOf(ReadOnlySpan<double> scores, ReadOnlySpan<int> labels, ReadOnlySpan<double> weights, int classCount)
    {
        var sum = 0.0;
        for (var i = 0; i < labels.Length; i++)
        {
            sum += weights[i] * LossOf(scores.Slice(i * classCount, classCount), labels[i]);
        }

        return sum;
    }

    private static double[] AucsOf(ReadOnlySpan<double> scores, ReadOnlySpan<int> labels, ReadOnlySpan<double> weights, int classCount)
    {
        var aucs = new double[classCount];
        var (own, isOwn) = (new double[labels.Length], new byte[labels.Length]);
        for (var c = 0; c < classCount; c++)
        {
            for (var i = 0; i < labels.Length; i++)
            {
                own[i] = scores[(i * classCount) + c];
                isOwn[i] = labels[i] == c ? (byte)1 : (byte)0;
            }

            aucs[c] = BinaryClassificationMetrics.ComputeWeighted(own, isOwn, weights, 0.5).Auc;
        }

        return aucs;
    }

    private static void ThrowIfNotUsable(ReadOnlySpan<double> scores, ReadOnlySpan<int> labels, int classCount)
    {
        if (classCount < 2 || scores.Length != (long)labels.Length * classCount || labels.IsEmpty)
        {
            throw new ArgumentException(
                $"Expected at least one row with a label and at least 2 classes with a score each, but found {labels.Length} labels, {classCount} classes and {scores.Length} scores.", nameof(scores));
        }

        if (labels.IndexOfAnyExceptInRange(0, classCount - 1) is >= 0 and var label)
        {
            throw new ArgumentException($"Expected every label to be the index of a class, 0 to {classCount - 1}, but found another value at row {label}.", nameof(labels));
        }

        for (var i = 0; i < scores.Length; i++)
        {
            if (double.IsNaN(scores[i]))
            {
                throw new ArgumentException($"Expected every score to be a number, but found NaN at row {i / classCount}.", nameof(scores));
            }
        }
    }
}
