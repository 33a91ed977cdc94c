using Mlp.Monitoring.Labels.Joins;
using Mlp.Runtime.Models;
using Mlp.Runtime.Statistics;

namespace Mlp.Monitoring.Performance;

/// <summary>What a result is about.</summary>
/// <param name="Version">Model version.</param>
/// <param name="Variant">Number of the variant, or -1 for all.</param>
/// <param name="Slice">Number of the slice, or -1 for all.</param>
/// <param name="Part">Number of the part of the slice.</param>
/// <param name="Window">Number of the window.</param>
internal readonly record struct QualityGroupKey(int Version, int Variant, int Slice, int Part, long Window);

/// <summary>The answers that one result is computed from: counts of all, and 24 bytes of each that has a usable label (more for several classes and for ranking). Not thread-safe.</summary>
/// <param name="output">What the model's output means.</param>
/// <param name="capacity">How many rows memory is taken for at once, where it is known that so many may come.</param>
internal sealed class QualityGroup(ModelOutput output, int capacity = 0)
{
    private readonly List<double> _scores = new(capacity);
    private readonly List<double> _labels = new(capacity);
    private readonly List<double> _weights = new(capacity);
    private readonly List<ulong> _queries = [];
    private readonly List<double> _values = [];

    /// <summary>Predictions in the log, failed ones included.</summary>
    public long PredictionCount { get; private set; }

    /// <summary>Predictions that the model answered.</summary>
    public long ScoredCount { get; private set; }

    /// <summary>Answered predictions with a label.</summary>
    public long LabelledCount { get; private set; }

    /// <summary>Labelled predictions whose label the model's task cannot have.</summary>
    public long WrongLabelCount { get; private set; }

    /// <summary>Weight of the answered predictions.</summary>
    public double ScoredWeight { get; private set; }

    /// <summary>Weight of the labelled predictions.</summary>
    public double LabelledWeight { get; private set; }

    /// <summary>Scores of the usable rows.</summary>
    public ReadOnlySpan<double> Scores => Span(_scores);

    /// <summary>Labels of the usable rows.</summary>
    public ReadOnlySpan<double> Labels => Span(_labels);

    /// <summary>Weights of the usable rows.</summary>
    public ReadOnlySpan<double> Weights => Span(_weights);

    /// <summary>Queries of the usable rows of a ranking model.</summary>
    public ReadOnlySpan<ulong> Queries => Span(_queries);

    /// <summary>Scores of the classes, shape (usable rows, classes), row-major.</summary>
    public ReadOnlySpan<double> Values => Span(_values);

    /// <summary>Whether a model's task can have a label.</summary>
    public static bool CanBeLabel(ModelOutput output, double label) => output.Task switch
    {
        ModelTask.BinaryClassification => label is 0 or 1,
        ModelTask.MulticlassClassification => label >= 0 && label == Math.Floor(label) && (output.ClassNames.Count == 0 || label < output.ClassNames.Count),
        ModelTask.Ranking => label >= 0 && double.IsFinite(label),
        _ => double.IsFinite(label),
    };

    /// <summary>Adds an answer.</summary>
    /// <param name="row">The answer with its label.</param>
    /// <param name="values">The scores of the classes.</param>
    public void Add(in JoinedRow row, ReadOnlySpan<double> values = default)
    {
        PredictionCount++;
        if (!row.IsScored)
        {
            return;
        }

        var isWeightValid = SamplingWeights.IsValid(row.Weight);
        var weight = isWeightValid ? row.Weight : 0;
        ScoredCount++;
        ScoredWeight += weight;
        if (double.IsNaN(row.Label))
        {
            return;
        }

        LabelledCount++;
        LabelledWeight += weight;
        if (!CanBeLabel(output, row.Label) || (values.Length > 0 && output.Task == ModelTask.MulticlassClassification && row.Label >= values.Length))
        {
            WrongLabelCount++;
            return;
        }

        var isScoreUsable = output.Task switch
        {
            ModelTask.Regression => double.IsFinite(row.Score),
            ModelTask.MulticlassClassification => values.Length > 0 && !HasNaN(values),
            _ => !double.IsNaN(row.Score),
        };
        if (!isWeightValid || !isScoreUsable)
        {
            return;
        }

        _scores.Add(row.Score);
        _labels.Add(row.Label);
        _weights.Add(row.Weight);
        if (output.Task == ModelTask.Ranking)
        {
            _queries.Add(row.Query);
        }
        else if (output.Task == ModelTask.MulticlassClassification)
        {
            _values.AddRange(values);
        }
    }

    /// <summary>Whether one of several numbers is none.</summary>
    public static bool HasNaN(ReadOnlySpan<double> values)
    {
        foreach (var value in values)
        {
            if (double.IsNaN(value))
            {
                return true;
            }
        }

        return false;
    }

    private static ReadOnlySpan<T> Span<T>(List<T> list) => System.Runtime.InteropServices.CollectionsMarshal.AsSpan(list);
}
