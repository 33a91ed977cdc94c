using Mlp.Runtime.Models;
using Mlp.Training.Preprocessing;

namespace Mlp.Training.Evaluation;

/// <summary>Labelled rows with the scores that a model gives them: what evaluations and comparisons are computed from, whoever made the scores. Immutable and thread-safe.</summary>
public sealed class ScoredRows
{
    private readonly double[] _scores;
    private readonly double[] _labels;
    private readonly double[] _weights;
    private readonly ulong[] _groups;

    private ScoredRows(ModelTask task, double[] scores, double[] labels, double[] weights, ulong[] groups, IReadOnlyList<string> classNames)
    {
        (Task, _scores, _labels, _weights, _groups, ClassNames) = (task, scores, labels, weights, groups, classNames);
    }

    /// <summary>What the scores predict.</summary>
    public ModelTask Task { get; }

    /// <summary>Number of rows.</summary>
    public int RowCount => _labels.Length;

    /// <summary>Scores of one row: 1, or one per class.</summary>
    public int ScoreCount => RowCount == 0 ? 1 : _scores.Length / RowCount;

    /// <summary>Names of the classes in the order of their scores; empty where labels are numbers.</summary>
    public IReadOnlyList<string> ClassNames { get; }

    /// <summary>Shape (rows, <see cref="ScoreCount"/>), row-major.</summary>
    public ReadOnlySpan<double> Scores => _scores;

    /// <summary>Shape (rows): 0 or 1, the index of a class, a number, or a gain.</summary>
    public ReadOnlySpan<double> Labels => _labels;

    /// <summary>How much each row counts, shape (rows); empty where all count the same.</summary>
    public ReadOnlySpan<double> Weights => _weights;

    /// <summary>Shape (rows); rows of the same number are ranked together. Empty but for ranking.</summary>
    public ReadOnlySpan<ulong> Groups => _groups;

    /// <summary>Rows of a binary problem.</summary>
    /// <param name="scores">Probability of class 1, shape (rows), without NaN. Scores that are no probabilities are only ranked.</param>
    /// <param name="labels">0 or 1, shape (rows).</param>
    /// <param name="weights">How much each row counts, shape (rows), 0 or more; empty where all count the same.</param>
    /// <exception cref="ArgumentException">No rows, lengths that differ, a NaN score, another label, or a weight that is negative or not finite.</exception>
    public static ScoredRows Binary(ReadOnlySpan<double> scores, ReadOnlySpan<double> labels, ReadOnlySpan<double> weights = default)
    {
        Require(scores, labels, weights, 1, "class");
        for (var i = 0; i < labels.Length; i++)
        {
            if (labels[i] is not (0 or 1))
            {
                throw new ArgumentException($"Expected every label to be 0 or 1, but found another one at row {i}.", nameof(labels));
            }
        }

        return Create(ModelTask.BinaryClassification, scores, labels, weights, [], []);
    }

    /// <summary>Rows of a regression.</summary>
    /// <param name="predictions">Shape (rows), finite.</param>
    /// <param name="labels">Shape (rows), finite.</param>
    /// <param name="weights">How much each row counts, shape (rows), 0 or more; empty where all count the same.</param>
    /// <exception cref="ArgumentException">No rows, lengths that differ, a prediction or label that is not finite, or a weight that is negative or not finite.</exception>
    public static ScoredRows Regression(ReadOnlySpan<double> predictions, ReadOnlySpan<double> labels, ReadOnlySpan<double> weights = default)
    {
        Require(predictions, labels, weights, 1, "number");
        for (var i = 0; i < predictions.Length; i++)
        {
            if (!double.IsFinite(predictions[i]))
            {
                throw new ArgumentException($"Expected every prediction to be finite, but found another one at row {i}.", nameof(predictions));
            }
        }

        return Create(ModelTask.Regression, predictions, labels, weights, [], []);
    }

    /// <summary>Rows of a problem of several classes.</summary>
    /// <param name="scores">Probability of each class, shape (rows, classes), row-major, without NaN.</param>
    /// <param name="labels">Index of the true class, shape (rows).</param>
    /// <param name="classNames">Names of the classes in the order of the scores, at least 2.</param>
    /// <param name="weights">How much each row counts, shape (rows), 0 or more; empty where all count the same.</param>
    /// <exception cref="ArgumentException">No rows, fewer than 2 classes, lengths that differ, a NaN score, a label that is no class, or a weight that is negative or not finite.</exception>
    public static ScoredRows Multiclass(ReadOnlySpan<double> scores, ReadOnlySpan<int> labels, IReadOnlyList<string> classNames, ReadOnlySpan<double> weights = default)
    {
        ArgumentNullException.ThrowIfNull(classNames);
        if (classNames.Count < 2)
        {
            throw new ArgumentException($"Expected at least 2 classes, but found {classNames.Count}.", nameof(classNames));
        }

        if (labels.IndexOfAnyExceptInRange(0, classNames.Count - 1) is >= 0 and var row)
        {
            throw new ArgumentException($"Expected every label to be the index of a class, 0 to {classNames.Count - 1}, but found {labels[row]} at row {row}.", nameof(labels));
        }

        var wide = new double[labels.Length];
        for (var i = 0; i < wide.Length; i++)
        {
            wide[i] = labels[i];
        }

        Require(scores, wide, weights, classNames.Count, "class");
        return Create(ModelTask.MulticlassClassification, scores, wide, weights, [], [.. classNames]);
    }

    /// <summary>Answers to queries.</summary>
    /// <param name="scores">Shape (rows), without NaN; the order of a query's answers is that of their scores, downward.</param>
    /// <param name="gains">Shape (rows), 0 or more; an answer with a gain above 0 is relevant.</param>
    /// <param name="groups">Shape (rows); rows of the same number belong to one query.</param>
    /// <param name="weights">How much each row counts, shape (rows), 0 or more, the same in all rows of a query; empty where all count the same.</param>
    /// <exception cref="ArgumentException">No rows, lengths that differ, a NaN score, a gain below 0, or rows of one query with different weights.</exception>
    public static ScoredRows Ranking(ReadOnlySpan<double> scores, ReadOnlySpan<double> gains, ReadOnlySpan<ulong> groups, ReadOnlySpan<double> weights = default)
    {
        Require(scores, gains, weights, 1, "gain");
        if (groups.Length != gains.Length)
        {
            throw new ArgumentException($"Expected one group per row, but found {gains.Length} rows and {groups.Length} groups.", nameof(groups));
        }

        var weightOf = new Dictionary<ulong, double>();
        for (var i = 0; i < gains.Length; i++)
        {
            if (gains[i] < 0)
            {
                throw new ArgumentException($"Expected every gain to be 0 or more, but found another one at row {i}.", nameof(gains));
            }

            if (!weights.IsEmpty && !weightOf.TryAdd(groups[i], weights[i]) && weightOf[groups[i]] != weights[i])
            {
                throw new ArgumentException($"Expected all rows of a query to have one weight, but row {i} has another one than the rows of its query before it.", nameof(weights));
            }
        }

        return Create(ModelTask.Ranking, scores, gains, weights, groups, []);
    }

    /// <summary>The scores of rows that were read.</summary>
    /// <exception cref="TrainingDataException">The labels do not fit the task, or no row counts.</exception>
    internal static ScoredRows Of(ModelTask task, double[] scores, LabelledRows rows)
    {
        if (task == ModelTask.BinaryClassification)
        {
            LabelColumn.ThrowIfNotBinary(rows);
        }

        if (!rows.Weights.IsEmpty && !rows.Weights.ContainsAnyExcept(0f))
        {
            throw new TrainingDataException($"Expected rows that count, but all {rows.RowCount} rows have the weight 0.");
        }

        var weights = Array.ConvertAll(rows.Weights.ToArray(), w => (double)w);
        return task switch
        {
            ModelTask.BinaryClassification => Binary(scores, rows.Labels, weights),
            ModelTask.Regression => Regression(scores, rows.Labels, weights),
            ModelTask.MulticlassClassification => Multiclass(scores, Array.ConvertAll(rows.Labels.ToArray(), l => (int)l), rows.ClassNames, weights),
            ModelTask.Ranking => RankingOf(scores, rows, weights),
            _ => throw new ArgumentException($"Expected a model with a score, but found {task}.", nameof(task)),
        };
    }

    /// <summary>Some of the rows.</summary>
    /// <param name="rows">Their numbers.</param>
    internal ScoredRows Select(int[] rows)
    {
        var count = ScoreCount;
        var scores = new double[rows.Length * count];
        for (var i = 0; i < rows.Length; i++)
        {
            _scores.AsSpan(rows[i] * count, count).CopyTo(scores.AsSpan(i * count));
        }

        return new(Task, scores, Pick(_labels, rows), Pick(_weights, rows), Pick(_groups, rows), ClassNames);
    }

    /// <summary>The same rows with other scores.</summary>
    internal ScoredRows WithScores(double[] scores) => new(Task, scores, _labels, _weights, _groups, ClassNames);

    /// <summary>The rows that count, those with a weight above 0.</summary>
    internal ScoredRows Counting() => _weights.Contains(0) ? Select([.. Enumerable.Range(0, RowCount).Where(i => _weights[i] > 0)]) : this;

    /// <summary>The rows of a draw: each counts as often as it was drawn.</summary>
    /// <param name="counts">How often each row was drawn.</param>
    internal ScoredRows Drawn(int[] counts)
    {
        var weights = new double[RowCount];
        for (var i = 0; i < weights.Length; i++)
        {
            weights[i] = counts[i] * (_weights.Length == 0 ? 1 : _weights[i]);
        }

        return new ScoredRows(Task, _scores, _labels, weights, _groups, ClassNames).Counting();
    }

    /// <summary>The weights, where all rows count the same ones.</summary>
    internal double[] WeightsOrOnes()
    {
        if (_weights.Length > 0)
        {
            return _weights;
        }

        var ones = new double[RowCount];
        Array.Fill(ones, 1);
        return ones;
    }

    internal int[] ClassIndexes() => Array.ConvertAll(_labels, l => (int)l);

    private static ScoredRows RankingOf(double[] scores, LabelledRows rows, double[] weights)
    {
        for (var i = 0; i < rows.RowCount; i++)
        {
            if (rows.Labels[i] < 0)
            {
                throw new TrainingDataException($"Expected label '{rows.LabelColumnName}' to be a gain of 0 or more in every row, but row {i} holds another number.", rows.LabelColumnName, i);
            }

            if (i > 0 && weights.Length > 0 && rows.Groups[i] == rows.Groups[i - 1] && weights[i] != weights[i - 1])
            {
                throw new TrainingDataException($"Expected all rows of a group to have one weight, but row {i} has another one than the row of its group before it.", null, i);
            }
        }

        return Ranking(scores, rows.Labels, Array.ConvertAll(rows.Groups.ToArray(), g => (ulong)g), weights);
    }

    private static ScoredRows Create(
        ModelTask task, ReadOnlySpan<double> scores, ReadOnlySpan<double> labels, ReadOnlySpan<double> weights, ReadOnlySpan<ulong> groups, IReadOnlyList<string> classNames)
        => new(task, scores.ToArray(), labels.ToArray(), weights.ToArray(), groups.ToArray(), classNames);

    private static T[] Pick<T>(T[] values, int[] rows) => values.Length == 0 ? [] : Array.ConvertAll(rows, i => values[i]);

    private static void Require(ReadOnlySpan<double> scores, ReadOnlySpan<double> labels, ReadOnlySpan<double> weights, int scoreCount, string label)
    {
        if (labels.IsEmpty)
        {
            throw new ArgumentException("Expected at least one row, but found none: no metric is defined without rows.", nameof(labels));
        }

        if (scores.Length != (long)labels.Length * scoreCount)
        {
            throw new ArgumentException(
                $"Expected {(scoreCount == 1 ? "one score" : $"{scoreCount} scores, one per class,")} for each label, but found {scores.Length} scores and {labels.Length} labels.", nameof(labels));
        }

        if (!weights.IsEmpty && weights.Length != labels.Length)
        {
            throw new ArgumentException($"Expected one weight per label, but found {weights.Length} weights and {labels.Length} labels.", nameof(weights));
        }

        for (var i = 0; i < scores.Length; i++)
        {
            if (double.IsNaN(scores[i]))
            {
                throw new ArgumentException($"Expected every score to be a number, but found NaN at row {i / scoreCount}.", nameof(scores));
            }
        }

        for (var i = 0; i < labels.Length; i++)
        {
            if (!double.IsFinite(labels[i]))
            {
                throw new ArgumentException($"Expected a {label} for every row, but row {i} has none.", nameof(labels));
            }

            if (!weights.IsEmpty && !(weights[i] >= 0 && double.IsFinite(weights[i])))
            {
                throw new ArgumentException($"Expected every weight to be finite and 0 or more, but found another one at row {i}.", nameof(weights));
            }
        }

        if (!weights.IsEmpty && !weights.ContainsAnyExcept(0.0))
        {
            throw new ArgumentException($"Expected rows that count, but all {weights.Length} rows have the weight 0.", nameof(weights));
        }
    }
}
