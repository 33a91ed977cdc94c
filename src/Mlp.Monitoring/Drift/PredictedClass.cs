using Apache.Arrow;
using Mlp.Monitoring.PredictionLog;
using Mlp.Monitoring.Segments;
using Mlp.Runtime.Models;
using Mlp.Runtime.Statistics;

namespace Mlp.Monitoring.Drift;

/// <summary>The class that a model answered: its highest score, or of a binary model whether the score reaches the threshold of decision.</summary>
/// <param name="batch">Logged predictions.</param>
/// <param name="output">What the outputs mean; null where nobody knows.</param>
internal readonly struct PredictedClass(RecordBatch batch, ModelOutput? output)
{
    /// <summary>Its name in reports.</summary>
    public const string Name = "predicted class";

    private readonly DoubleArray? _score = batch.Find<DoubleArray>(PredictionColumns.Score);
    private readonly ListArray? _scores = batch.Find<ListArray>(PredictionColumns.Scores);

    /// <summary>The class of a row; null where there is none.</summary>
    public string? Of(int row) => output?.Task switch
    {
        ModelTask.BinaryClassification when _score?.GetValue(row) is { } score && !double.IsNaN(score) => NameOf(score >= output.DecisionThreshold ? 1 : 0, output),
        ModelTask.MulticlassClassification when _scores is { } scores && !scores.IsNull(row) => Highest(scores, row),
        _ => null,
    };

    /// <summary>The classes of a reference that was published; null where it does not know them.</summary>
    /// <param name="reference">The reference.</param>
    /// <param name="output">What the outputs mean; null where nobody knows.</param>
    public static CategoricalFeatureProfile? OfReference(ReferenceProfile reference, ModelOutput? output)
    {
        if (reference.PredictedClass is not null || output?.Task != ModelTask.BinaryClassification || reference.Score is not { IsProbability: true } score)
        {
            return reference.PredictedClass;
        }

        // The histogram of the score is cut where the decision is, or does not say it exactly.
        var bin = (int)Math.Round(output.DecisionThreshold * ScoreProfile.HistogramBinCount);
        if (bin is < 0 or >= ScoreProfile.HistogramBinCount || bin / (double)ScoreProfile.HistogramBinCount != output.DecisionThreshold)
        {
            return null;
        }

        var positive = score.Histogram.AsSpan(bin..).ToArray().Sum();
        var (rows, missing) = (score.Distribution.RowCount, score.Distribution.MissingCount);
        CategoryCount[] classes = [new(NameOf(1, output), positive), new(NameOf(0, output), rows - missing - positive)];
        return new(Name, rows, missing, [.. classes.Where(c => c.Count > 0).OrderByDescending(c => c.Count)], 0, [], true);
    }

    private static string NameOf(int index, ModelOutput output) => index < output.ClassNames.Count ? output.ClassNames[index] : FormattableString.Invariant($"class {index}");

    private string? Highest(ListArray lists, int row)
    {
        var values = ((DoubleArray)lists.Values).Values.Slice(lists.ValueOffsets[row], lists.GetValueLength(row));
        var best = -1;
        for (var i = 0; i < values.Length; i++)
        {
            best = !double.IsNaN(values[i]) && (best < 0 || values[i] > values[best]) ? i : best;
        }

        return best < 0 ? null : NameOf(best, output!);
    }
}
