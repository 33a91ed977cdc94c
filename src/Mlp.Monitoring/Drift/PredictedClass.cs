using Apache.Arrow;
using Mlp.Monitoring.PredictionLog;
using Mlp.Monitoring.Segments;
using Mlp.Runtime.Models;

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
        ModelTask.BinaryClassification when _score?.GetValue(row) is { } score && !double.IsNaN(score) => NameOf(score >= output.DecisionThreshold ? 1 : 0),
        ModelTask.MulticlassClassification when _scores is { } scores && !scores.IsNull(row) => Highest(scores, row),
        _ => null,
    };

    private string? Highest(ListArray lists, int row)
    {
        var values = ((DoubleArray)lists.Values).Values.Slice(lists.ValueOffsets[row], lists.GetValueLength(row));
        var best = -1;
        for (var i = 0; i < values.Length; i++)
        {
            best = !double.IsNaN(values[i]) && (best < 0 || values[i] > values[best]) ? i : best;
        }

        return best < 0 ? null : NameOf(best);
    }

    private string NameOf(int index) => index < output!.ClassNames.Count ? output.ClassNames[index] : FormattableString.Invariant($"class {index}");
}
