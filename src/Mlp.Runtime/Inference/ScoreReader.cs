using Mlp.Runtime.Models;

namespace Mlp.Runtime.Inference;

/// <summary>Reads the score and the class out of a row of outputs as the manifest describes them. Immutable and thread-safe.</summary>
internal sealed class ScoreReader(ModelOutput output)
{
    /// <summary>Reads a row.</summary>
    /// <param name="scores">The score output.</param>
    /// <param name="row">Row index.</param>
    /// <returns>The score and the index of the class; -1 where there are none.</returns>
    public (double Score, int PredictedClass) Read(ScoreBuffer scores, int row) => Read(scores.RowOf(row));

    /// <summary>Reads a row.</summary>
    /// <param name="outputs">The row of the score output.</param>
    /// <returns>The score and the index of the class; -1 where there are none.</returns>
    public (double Score, int PredictedClass) Read(ReadOnlySpan<double> outputs)
    {
        switch (output.Task)
        {
            case ModelTask.BinaryClassification:
                var probability = outputs[output.ScoreIndex];
                return (probability, probability >= output.DecisionThreshold ? 1 : 0);
            case ModelTask.MulticlassClassification:
                var highest = IndexOfHighest(outputs);
                return (outputs[highest], highest);
            default:
                return (outputs[output.ScoreIndex], -1);
        }
    }

    /// <summary>Reads rows from the first one on.</summary>
    /// <param name="scores">The score output.</param>
    /// <param name="values">Receives the scores.</param>
    /// <param name="classes">Receives the indexes of the classes; -1 where there are none.</param>
    public void Read(ScoreBuffer scores, Span<double> values, Span<int> classes)
    {
        switch (output.Task)
        {
            case ModelTask.BinaryClassification or ModelTask.MulticlassClassification:
                for (var row = 0; row < values.Length; row++)
                {
                    (values[row], classes[row]) = Read(scores, row);
                }

                break;
            default:
                scores.CopyColumn(output.ScoreIndex, values);
                classes.Fill(-1);
                break;
        }
    }

    /// <summary>The first of the highest values; NaN is lower than any number.</summary>
    private static int IndexOfHighest(ReadOnlySpan<double> values)
    {
        var highest = 0;
        for (var i = 1; i < values.Length; i++)
        {
            if (values[i] > values[highest] || (double.IsNaN(values[highest]) && !double.IsNaN(values[i])))
            {
                highest = i;
            }
        }

        return highest;
    }
}
