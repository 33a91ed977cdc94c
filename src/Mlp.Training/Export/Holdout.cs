using Mlp.Runtime.Models;
using Mlp.Runtime.Statistics;
using Mlp.Runtime.Statistics.Estimation;
using Mlp.Training.Preprocessing;

namespace Mlp.Training.Export;

/// <summary>The rows that a model was not trained on, with their scores: from them it is learnt by what monitoring estimates quality while labels are missing.</summary>
internal sealed class Holdout
{
    /// <summary>From fewer rows nothing is learnt: the estimate would be their chance.</summary>
    public const int LeastRowCount = 200;

    /// <summary>Of more rows the last ones do, so that an export does not take as long as the training.</summary>
    private const int GreatestRowCount = 20_000;

    private const int ChunkCount = 10;
    private const int LeastChunkSize = 100;

    private readonly LabelledRows _rows;
    private readonly int[] _taken;
    private readonly double[] _scores;
    private readonly int _width;
    private readonly ModelOutput _output;

    private Holdout(LabelledRows rows, int[] taken, double[] scores, int width, ModelOutput output)
        => (_rows, _taken, _scores, _width, _output) = (rows, taken, scores, width, output);

    /// <summary>Which rows of the table it has, in order of time.</summary>
    public ReadOnlySpan<int> Taken => _taken;

    private double[] Labels => Array.ConvertAll(_taken, row => _rows.Labels[row]);

    private int ChunkSize => Math.Max(LeastChunkSize, _taken.Length / ChunkCount);

    /// <summary>The rows behind the training rows, each as often as its weight says: what monitoring sees has no weights, so the holdout is made like it.</summary>
    /// <param name="rows">All rows.</param>
    /// <param name="trainingCount">Rows that were trained on, the first ones.</param>
    /// <param name="scores">What the model says of all rows.</param>
    /// <param name="output">What the scores mean.</param>
    /// <returns>The holdout, or null where it is too small.</returns>
    public static Holdout? Of(LabelledRows rows, int trainingCount, ModelScores scores, ModelOutput output)
    {
        var start = Math.Max(trainingCount, rows.RowCount - GreatestRowCount);
        var taken = ByWeight(rows, start);
        if (taken.Length < LeastRowCount)
        {
            return null;
        }

        var said = new double[taken.Length * scores.Width];
        for (var i = 0; i < said.Length; i++)
        {
            said[i] = scores.Values[(taken[i / scores.Width] * scores.Width) + (i % scores.Width)];
        }

        return new(rows, taken, said, scores.Width, output);
    }

    /// <summary>Adds what can be learnt: CBPE for a model of classes, DLE for a regression.</summary>
    /// <param name="builder">The profile.</param>
    public void AddTo(ReferenceProfileBuilder builder)
    {
        var labels = Labels;
        if (_output.Task == ModelTask.Regression)
        {
            builder.SetEstimator(DirectLossEstimator.Fit(Features(), _scores, labels, ChunkSize));
        }
        else if (_output.Task == ModelTask.BinaryClassification && labels.Contains(0.0) && labels.Contains(1.0))
        {
            builder.SetEstimator(PerformanceEstimator.Fit(_scores, Array.ConvertAll(labels, l => (byte)l), ChunkSize, _output.DecisionThreshold));
        }
        else if (_output.Task == ModelTask.MulticlassClassification && labels.Distinct().Count() == _width)
        {
            builder.SetEstimator(MulticlassPerformanceEstimator.Fit(_scores, Array.ConvertAll(labels, l => (int)l), _width, ChunkSize));
        }
    }

    // Systematic sampling keeps the order of time. As many rows as Kish's effective number, (Σ w)² / Σ w², so that spreads are not taken for those of more rows than there are.
    private static int[] ByWeight(LabelledRows rows, int start)
    {
        if (rows.Weights.IsEmpty)
        {
            return [.. Enumerable.Range(start, rows.RowCount - start)];
        }

        var (sum, squares) = (0.0, 0.0);
        foreach (double weight in rows.Weights[start..])
        {
            sum += weight;
            squares += weight * weight;
        }

        var taken = new int[sum > 0 ? (int)Math.Round(sum * sum / squares) : 0];
        var (at, before) = (start, 0.0);
        for (var i = 0; i < taken.Length; i++)
        {
            while (at + 1 < rows.RowCount && before + rows.Weights[at] <= (i + 0.5) * sum / taken.Length)
            {
                before += rows.Weights[at++];
            }

            taken[i] = at;
        }

        return taken;
    }

    /// <summary>The features that are numbers or truth values, as the log holds them; NaN where not present. Shape (rows, features), row-major.</summary>
    private double[] Features()
    {
        var columns = _rows.Table.Columns.OfType<INumberSource>().ToArray();
        var values = new double[_taken.Length * columns.Length];
        for (var i = 0; i < values.Length; i++)
        {
            values[i] = columns[i % columns.Length].NumberAt(_taken[i / columns.Length]);
        }

        return values;
    }
}
