using System.Buffers;
using System.Globalization;
using Apache.Arrow;
using Apache.Arrow.Types;
using Mlp.Monitoring.PredictionLog;
using Mlp.Monitoring.Segments;
using Mlp.Runtime.Models;
using Mlp.Runtime.Predictions;
using Mlp.Runtime.Statistics;

namespace Mlp.Monitoring.Drift;

/// <summary>
/// Counts batches of logged predictions into drift windows, each with its sampling weight. Only predictions that the model answered count: the inputs of the others may never have been read. Batches
/// need not have the same columns: a feature is compared over the rows of those that have it. Not thread-safe.
/// </summary>
/// <param name="profile">The reference.</param>
/// <param name="rules">Which features are left out.</param>
/// <param name="output">What the outputs mean, for the predicted class; null where nobody knows.</param>
internal sealed class DriftBatchReader(ReferenceProfile profile, DriftRules rules, ModelOutput? output)
{
    private readonly HashSet<int> _compared = [];
    private readonly List<string> _foreign = [];
    private readonly List<string> _redacted = [];
    private Schema? _schema;
    private List<(int Column, int Feature)> _pairs = [];

    /// <summary>Features of the log without a comparison.</summary>
    public IReadOnlyList<string> NotCompared => [.. _foreign, .. _redacted];

    /// <summary>Those of them that the reference does not have, or has of another kind.</summary>
    public IReadOnlyList<string> Foreign => _foreign;

    /// <summary>Positions in the profile of the features that are compared.</summary>
    public IEnumerable<int> Compared => _compared.Order();

    /// <summary>Counts a batch.</summary>
    /// <param name="batch">Logged predictions.</param>
    /// <param name="window">Where to.</param>
    /// <param name="sample">Where rows are gathered for the tests of the whole vector; null for nowhere.</param>
    public void Count(RecordBatch batch, DriftWindow window, RowSample? sample = null)
    {
        if (!ReferenceEquals(_schema, batch.Schema))
        {
            Pair(batch.Schema);
        }

        var rented = ArrayPool<double>.Shared.Rent(batch.Length);
        try
        {
            var weights = rented.AsSpan(0, batch.Length);
            var answered = FindWeights(batch, weights);
            foreach (var (column, feature) in _pairs)
            {
                Count(batch.Column(column), window.Features[feature], weights);
            }

            if (window.Score is not null)
            {
                CountScores(batch.Find<DoubleArray>(PredictionColumns.Score), window.Score, weights);
            }

            if (window.PredictedClass is not null)
            {
                CountClasses(new PredictedClass(batch, output), window.PredictedClass, weights);
            }

            if (sample is not null)
            {
                Sample(batch, sample, weights);
            }

            window.RowCount += answered;
        }
        finally
        {
            ArrayPool<double>.Shared.Return(rented);
        }
    }

    private static bool CanCount(Field field, FeatureProfile profile) => (profile, field.DataType.TypeId) switch
    {
        (NumericFeatureProfile, ArrowTypeId.Float or ArrowTypeId.Double or ArrowTypeId.Int64 or ArrowTypeId.Boolean) => true,
        (CategoricalFeatureProfile, ArrowTypeId.String or ArrowTypeId.Int64) => true,
        _ => false,
    };

    /// <summary>Pairs the columns of a log with the features of the reference.</summary>
    private void Pair(Schema schema)
    {
        _schema = schema;
        _pairs = [];
        for (var i = 0; i < schema.FieldsList.Count; i++)
        {
            var field = schema.GetFieldByIndex(i);
            if (!field.HasMetadata)
            {
                continue;
            }

            // What is logged in place of a feature says nothing of its distribution; where nothing is, its status tells of it.
            if (field.Metadata.TryGetValue(PredictionColumns.FeatureStatusKey, out var redacted) && field.Metadata.ContainsKey(PredictionColumns.RedactionKey))
            {
                AddOnce(_redacted, redacted);
            }

            if (!field.Metadata.TryGetValue(PredictionColumns.FeatureKey, out var name) || rules.IsIgnored(name))
            {
                continue;
            }

            var feature = profile.Features.AsSpan().IndexOf(profile.Find(name)!);
            if (feature >= 0 && CanCount(field, profile.Features[feature]))
            {
                _pairs.Add((i, feature));
                _compared.Add(feature);
            }
            else
            {
                AddOnce(_foreign, name);
            }
        }
    }

    private void AddOnce(List<string> names, string name)
    {
        if (!rules.IsIgnored(name) && !names.Contains(name))
        {
            names.Add(name);
        }
    }

    private void Sample(RecordBatch batch, RowSample sample, ReadOnlySpan<double> weights)
    {
        for (var i = 0; i < weights.Length; i++)
        {
            if (weights[i] > 0 && sample.Next(weights[i]) is { } row)
            {
                foreach (var (column, feature) in _pairs)
                {
                    row[feature] = ValueOf(batch.Column(column), i, profile.Features[feature]);
                }
            }
        }
    }

    // A number, or of a category its bin; NaN is missing.
    private static double ValueOf(IArrowArray column, int row, FeatureProfile feature) => (column, feature) switch
    {
        (_, CategoricalFeatureProfile categories) when column.IsNull(row) => categories.Bins.MissingBin,
        _ when column.IsNull(row) => double.NaN,
        (StringArray texts, CategoricalFeatureProfile categories) => categories.Bins.IndexOfUtf8(texts.GetBytes(row)),
        (Int64Array integers, CategoricalFeatureProfile categories) => categories.Bins.IndexOf(integers.Values[row].ToString(CultureInfo.InvariantCulture)),
        (FloatArray floats, _) => floats.Values[row],
        (DoubleArray doubles, _) => doubles.Values[row],
        (Int64Array integers, _) => integers.Values[row],
        (BooleanArray booleans, _) => booleans.GetValue(row) == true ? 1 : 0,
        _ => double.NaN,
    };

    /// <summary>The weight of each row, 0 for a row that does not count. Gives the number of those that do.</summary>
    private static int FindWeights(RecordBatch batch, Span<double> weights)
    {
        var outcomes = batch.Find<UInt8Array>(PredictionColumns.Outcome);
        var sampling = batch.Find<DoubleArray>(PredictionColumns.SamplingWeight);
        var count = 0;
        for (var i = 0; i < weights.Length; i++)
        {
            var weight = sampling?.GetValue(i) ?? 1;
            var counts = outcomes?.GetValue(i) == (byte)PredictionOutcome.Ok && SamplingWeights.IsValid(weight);
            weights[i] = counts ? weight : 0;
            count += counts ? 1 : 0;
        }

        return count;
    }

    private static void Count(IArrowArray column, FeatureWindow window, ReadOnlySpan<double> weights)
    {
        // Most logs hold every prediction, and most predictions are answered and have their features: one pass over the values then.
        var isPlain = column.NullCount == 0 && !weights.ContainsAnyExcept(1.0);
        switch (column)
        {
            case FloatArray floats when isPlain:
                window.AddRange(floats.Values);
                break;
            case DoubleArray doubles when isPlain:
                window.AddRange(doubles.Values);
                break;
            default:
                CountEach(column, window, weights);
                break;
        }
    }

    private static void CountClasses(PredictedClass classes, FeatureWindow window, ReadOnlySpan<double> weights)
    {
        for (var i = 0; i < weights.Length; i++)
        {
            if (weights[i] > 0 && classes.Of(i) is { } name)
            {
                window.Histogram.AddCategory(name, weights[i]);
            }
            else if (weights[i] > 0)
            {
                window.Histogram.AddWeightedMissing(weights[i]);
            }
        }
    }

    /// <summary>The log keeps scores as float64. Those of a float32 model are counted as float32, so that they meet the edges of a float64 reference rounded as they are.</summary>
    private static void CountScores(DoubleArray? scores, FeatureWindow window, ReadOnlySpan<double> weights)
    {
        for (var i = 0; i < weights.Length; i++)
        {
            if (weights[i] == 0)
            {
                continue;
            }

            if (scores?.GetValue(i) is not { } score)
            {
                window.Histogram.AddWeightedMissing(weights[i]);
            }
            else if ((float)score is var single && single == score)
            {
                window.Add(single, weights[i]);
            }
            else
            {
                window.Add(score, weights[i]);
            }
        }
    }

    private static void CountEach(IArrowArray column, FeatureWindow window, ReadOnlySpan<double> weights)
    {
        var isCategorical = window.Histogram.Profile is CategoricalFeatureProfile;
        for (var i = 0; i < weights.Length; i++)
        {
            if (weights[i] == 0)
            {
                continue;
            }

            switch (column)
            {
                case var _ when column.IsNull(i):
                    window.Histogram.AddWeightedMissing(weights[i]);
                    break;
                case FloatArray floats:
                    window.Add(floats.Values[i], weights[i]);
                    break;
                case DoubleArray doubles:
                    window.Add(doubles.Values[i], weights[i]);
                    break;
                case Int64Array integers when isCategorical:
                    window.Histogram.AddCategory(integers.Values[i], weights[i]);
                    break;
                case Int64Array integers:
                    window.Add((double)integers.Values[i], weights[i]);
                    break;
                case BooleanArray booleans:
                    window.Add(booleans.GetValue(i) == true ? 1f : 0f, weights[i]);
                    break;
                case StringArray texts:
                    window.Histogram.AddCategoryUtf8(texts.GetBytes(i), weights[i]);
                    break;
            }
        }
    }
}
