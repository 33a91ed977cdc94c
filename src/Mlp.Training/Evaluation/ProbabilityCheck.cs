using Mlp.Runtime.Models;

namespace Mlp.Training.Evaluation;

/// <summary>Checks that scores of rows are probabilities of classes.</summary>
internal static class ProbabilityCheck
{
    /// <summary>Refuses rows of another task and scores that are no probabilities.</summary>
    /// <param name="rows">The rows.</param>
    /// <param name="tasks">The tasks that are taken.</param>
    /// <exception cref="ArgumentException">There are such.</exception>
    public static void Require(ScoredRows rows, params ReadOnlySpan<ModelTask> tasks)
    {
        ArgumentNullException.ThrowIfNull(rows);
        if (!tasks.Contains(rows.Task))
        {
            throw new ArgumentException($"Expected rows of a model for {string.Join(" or ", tasks.ToArray())}, but found {rows.Task}.", nameof(rows));
        }

        for (var i = 0; i < rows.Scores.Length; i++)
        {
            if (!(rows.Scores[i] is >= 0 and <= 1))
            {
                throw new ArgumentException($"Expected probabilities from 0 to 1, but row {i / rows.ScoreCount} has another score.", nameof(rows));
            }
        }
    }

    /// <summary>Refuses rows of a single class.</summary>
    /// <param name="rows">Rows of two classes.</param>
    /// <param name="purpose">What they are for, in a sentence: "to choose a threshold on".</param>
    /// <exception cref="TrainingDataException">All rows that count are of one class.</exception>
    public static void RequireBothClasses(ScoredRows rows, string purpose)
    {
        var labels = rows.Counting().Labels;
        if (!labels.ContainsAnyExcept(labels[0]))
        {
            throw new TrainingDataException($"Expected rows of both classes {purpose}, but all {labels.Length} are of one.");
        }
    }
}
