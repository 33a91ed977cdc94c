using Apache.Arrow;
using Apache.Arrow.Types;
using Mlp.Runtime.Data;
using Mlp.Runtime.Models;
using Mlp.Training.Preprocessing;

namespace Mlp.Training.Networks.Streams;

/// <summary>
/// What a training must know of all rows of a stream before it begins: where the rows that validate start, the classes, and how labels and weights are spread. Read in one pass that keeps
/// nothing of a row, and that checks labels, weights and order of time.
/// </summary>
internal sealed class StreamSurvey
{
    private readonly ITrainingSet _set;
    private readonly ClassLabels? _classes;
    private readonly long _wantedCut;
    private readonly LabelMoments _training;

    // The rows of the time that is being read: they go to the training rows together or not at all.
    private readonly LabelMoments _run;
    private long _runStart;
    private long _row;
    private long _time = long.MinValue;
    private long? _cut;

    private StreamSurvey(ITrainingSet set, NetworkOptions options, long validationCount)
    {
        (_set, LabelColumnName, _wantedCut) = (set, RequireLabel(set), set.Manifest.RowCount - validationCount);
        var isText = set.Schema.GetFieldByName(LabelColumnName).DataType is StringType;
        _classes = options.Task == ModelTask.MulticlassClassification || (options.Task == ModelTask.BinaryClassification && isText) ? new(LabelColumnName, [.. options.ClassNames]) : null;
        var hasClasses = options.Task is ModelTask.BinaryClassification or ModelTask.MulticlassClassification;
        (_training, _run) = (new(hasClasses), new(hasClasses));
        IsBinary = options.Task == ModelTask.BinaryClassification && _classes is null;
    }

    /// <summary>The label column.</summary>
    public string LabelColumnName { get; }

    /// <summary>Rows that are trained on: the first ones.</summary>
    public long TrainingCount => _training.Count;

    /// <summary>Mean of the training labels.</summary>
    public double LabelMean => _training.Mean;

    /// <summary>Standard deviation of the training labels, divisor n.</summary>
    public double LabelDeviation => _training.Deviation;

    /// <summary>Whether the rows have weights of their own.</summary>
    public bool HasWeights => _set.Manifest.WeightColumn is not null;

    /// <summary>Names of the classes in the order of their numbers; empty where labels are numbers.</summary>
    public IReadOnlyList<string> ClassNames => _classes?.Names ?? [];

    /// <summary>Training rows of each class; empty without classes.</summary>
    public long[] ClassCounts { get; private set; } = [];

    private bool IsBinary { get; }

    private double[] ClassWeightSums { get; set; } = [];

    /// <summary>Reads all rows once.</summary>
    /// <param name="set">The rows.</param>
    /// <param name="options">What is predicted.</param>
    /// <param name="validationCount">How many of the last rows are to validate; rows of one time stay together, so that it may be more.</param>
    /// <param name="cancellationToken">Ends reading.</param>
    /// <exception cref="TrainingDataException">A column is missing, a label or a weight is none, rows are out of order, or their number is not the manifest's.</exception>
    public static async Task<StreamSurvey> ReadAsync(ITrainingSet set, NetworkOptions options, long validationCount, CancellationToken cancellationToken)
    {
        var survey = new StreamSurvey(set, options, validationCount);
        await foreach (var batch in set.ReadAsync(cancellationToken).ConfigureAwait(false))
        {
            using (batch)
            {
                survey.Add(batch);
            }
        }

        survey.Complete();
        return survey;
    }

    /// <summary>What a weight is multiplied by so that the training rows count 1 on average.</summary>
    /// <param name="classWeights">How much the rows of each class count; empty when all count the same.</param>
    /// <exception cref="TrainingDataException">All rows have the weight 0.</exception>
    public double WeightFactor(double[] classWeights)
    {
        var sum = classWeights.Length == 0 ? _training.WeightSum : classWeights.Zip(ClassWeightSums, (weight, of) => weight * of).Sum();
        return sum > 0 ? TrainingCount / sum : throw TrainingTargets.NoWeight(TrainingCount, TrainingTargets.TrainingPart);
    }

    private static string RequireLabel(ITrainingSet set)
    {
        var (label, manifest) = (LabelledRows.LabelOf(set.Manifest), set.Manifest);
        foreach (var (name, role) in new[] { (label, "label"), (manifest.TimeColumn, "time"), (manifest.WeightColumn, "weight") })
        {
            if (name is not null)
            {
                LabelledRows.RequireColumn(set.Schema, name, role);
            }
        }

        return label;
    }

    private void Add(RecordBatch batch)
    {
        var (labels, times, weights) = (new List<double>(batch.Length), new List<long>(), new List<float>());
        try
        {
            Read(batch, labels, times, weights);
        }
        catch (TrainingDataException e) when (e.Row >= 0 && _row > 0)
        {
            throw new TrainingDataException(FormattableString.Invariant($"{e.Message} Rows are counted from row {_row} of the stream."), e.Column, _row + e.Row);
        }

        for (var i = 0; i < batch.Length; i++, _row++)
        {
            // Without times every row is one of its own.
            var time = times.Count > 0 ? times[i] : _row;
            if (time < _time)
            {
                throw Evaluation.TimeOrder.Unordered(_set.Manifest.TimeColumn!, _row);
            }

            if (time != _time)
            {
                _training.Take(_run);
                (_time, _runStart) = (time, _row);
            }

            if (_row == _wantedCut)
            {
                _cut = _runStart;
                _run.Clear();
            }

            if (_cut is null)
            {
                _run.Add(labels[i], weights.Count > 0 ? weights[i] : 1);
            }
        }
    }

    private void Read(RecordBatch batch, List<double> labels, List<long> times, List<float> weights)
    {
        var column = batch.Column(batch.Schema.GetFieldIndex(LabelColumnName));
        if (_classes is not null)
        {
            _classes.Append(column, labels);
        }
        else
        {
            LabelColumn.Append(column, LabelColumnName, labels);
        }

        if (IsBinary)
        {
            LabelColumn.ThrowIfNotBinary(System.Runtime.InteropServices.CollectionsMarshal.AsSpan(labels), LabelColumnName);
        }

        if (_set.Manifest.TimeColumn is { } time)
        {
            TimeColumn.Append(batch.Column(batch.Schema.GetFieldIndex(time)), time, times);
        }

        if (_set.Manifest.WeightColumn is { } weight)
        {
            WeightColumn.Append(batch.Column(batch.Schema.GetFieldIndex(weight)), weight, weights);
        }
    }

    private void Complete()
    {
        if (_row != _set.Manifest.RowCount)
        {
            throw new TrainingDataException(FormattableString.Invariant($"Expected {_set.Manifest.RowCount} rows, as the manifest of the training set says, but it streamed {_row}."));
        }

        if (_cut is null)
        {
            _training.Take(_run);
        }

        // Numbers of classes as they were found become their places in order.
        var found = Math.Max(_classes?.Names.Count ?? 0, _classes is null && _training.Classes.Count > 0 ? 2 : 0);
        var places = Enumerable.Range(0, found).Select(i => (double)i).ToArray();
        _classes?.Complete(places);
        (ClassCounts, ClassWeightSums) = (new long[found], new double[found]);
        foreach (var (number, (count, weight)) in _training.Classes)
        {
            (ClassCounts[(int)places[number]], ClassWeightSums[(int)places[number]]) = (count, weight);
        }
    }
}
