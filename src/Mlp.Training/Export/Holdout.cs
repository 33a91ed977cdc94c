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
    private readonly int _start;
    private readonly double[] _scores;
    private readonly int _width;
    private readonly ModelOutput _output;

    private Holdout(LabelledRows rows, int start, double[] scores, int width, ModelOutput output)
        => (_rows, _start, _scores, _width, _output) = (rows, start, scores, width, output);

    private ReadOnlySpan<double> Labels => _rows.Labels[_start..];

    private int RowCount => _scores.Length / _width;

    private int ChunkSize => Math.Max(LeastChunkSize, RowCount / ChunkCount);

    /// <summary>The rows behind the training rows.</summary>
    /// <param name="rows">All rows.</param>
    /// <param name="trainingCount">Rows that were trained on, the first ones.</param>
    /// <param name="scores">What the model says of all rows.</param>
    /// <param name="output">What the scores mean.</param>
    /// <returns>The holdout, or null where it is too small.</returns>
    public static Holdout? Of(LabelledRows rows, int trainingCount, ModelScores scores, ModelOutput output)
    {
        var start = Math.Max(trainingCount, rows.RowCount - GreatestRowCount);
        return rows.RowCount - start < LeastRowCount ? null : new(rows, start, Array.ConvertAll(scores.From(start).ToArray(), s => (double)s), scores.Width, output);
    }

    /// <summary>Adds what can be learnt: CBPE for a model of classes, DLE for a regression.</summary>
    /// <param name="builder">The profile.</param>
    public void AddTo(ReferenceProfileBuilder builder)
    {
        if (_output.Task == ModelTask.Regression)
        {
            builder.SetEstimator(DirectLossEstimator.Fit(Features(), _scores, Labels, ChunkSize));
        }
        else if (_output.Task == ModelTask.BinaryClassification && Labels.Contains(0.0) && Labels.Contains(1.0))
        {
            builder.SetEstimator(PerformanceEstimator.Fit(_scores, Array.ConvertAll(Labels.ToArray(), l => (byte)l), ChunkSize, _output.DecisionThreshold));
        }
        else if (_output.Task == ModelTask.MulticlassClassification && Labels.ToArray().Distinct().Count() == _width)
        {
            builder.SetEstimator(MulticlassPerformanceEstimator.Fit(_scores, Array.ConvertAll(Labels.ToArray(), l => (int)l), _width, ChunkSize));
        }
    }

    /// <summary>The features that are numbers or truth values, as the log holds them; NaN where not present. Shape (rows, features), row-major.</summary>
    private double[] Features()
    {
        var columns = _rows.Table.Columns.OfType<INumberSource>().ToArray();
        var values = new double[RowCount * columns.Length];
        for (var i = 0; i < values.Length; i++)
        {
            values[i] = columns[i % columns.Length].NumberAt(_start + (i / columns.Length));
        }

        return values;
    }
}
