using System.Buffers;
using Apache.Arrow;
using Mlp.Monitoring.PredictionLog;
using Mlp.Runtime.Predictions;
using Mlp.Runtime.Statistics;

namespace Mlp.Monitoring.Drift;

/// <summary>
/// Counts batches of logged predictions into drift windows. Only predictions that the model answered count: the inputs of the others may never have been read. Not thread-safe.
/// </summary>
internal sealed class DriftBatchReader
{
    private readonly List<(int Column, int Feature)> _pairs = [];
    private readonly List<string> _notCompared = [];
    private readonly int _outcome;
    private readonly int _score;

    /// <summary>Pairs the columns of a log with the features of a reference.</summary>
    /// <param name="schema">Schema of the log.</param>
    /// <param name="profile">The reference.</param>
    public DriftBatchReader(Schema schema, ReferenceProfile profile)
    {
        _outcome = schema.GetFieldIndex(PredictionColumns.Outcome);
        _score = schema.GetFieldIndex(PredictionColumns.Score);
        for (var i = 0; i < schema.FieldsList.Count; i++)
        {
            var field = schema.GetFieldByIndex(i);
            if (!field.HasMetadata || !field.Metadata.TryGetValue(PredictionColumns.FeatureKey, out var name))
            {
                continue;
            }

            var feature = profile.Features.AsSpan().IndexOf(profile.Find(name)!);
            if (feature >= 0 && CanCount(field, profile.Features[feature]))
            {
                _pairs.Add((i, feature));
            }
            else
            {
                _notCompared.Add(name);
            }
        }
    }

    /// <summary>Features of the log without a comparison.</summary>
    public IReadOnlyList<string> NotCompared => _notCompared;

    /// <summary>Positions in the profile of the features that are compared.</summary>
    public IEnumerable<int> Compared => _pairs.Select(pair => pair.Feature);

    /// <summary>Counts a batch.</summary>
    public void Count(RecordBatch batch, DriftWindow window)
    {
        var rented = ArrayPool<bool>.Shared.Rent(batch.Length);
        try
        {
            var isAnswered = ArrayPool<bool>.Shared.Rent(batch.Length);
            var answered = FindAnswered(batch, isAnswered);
            foreach (var (column, feature) in _pairs)
            {
                Count(batch.Column(column), window.Features[feature], isAnswered, answered, rented.AsSpan(0, batch.Length));
            }

            if (window.Score is not null)
            {
                CountScores((DoubleArray)batch.Column(_score), window.Score, isAnswered, answered);
            }

            window.RowCount += answered;
            ArrayPool<bool>.Shared.Return(isAnswered);
        }
        finally
        {
            ArrayPool<bool>.Shared.Return(rented);
        }
    }

    private static bool CanCount(Field field, FeatureProfile profile) => (profile, field.DataType.TypeId) switch
    {
        (NumericFeatureProfile, Apache.Arrow.Types.ArrowTypeId.Float or Apache.Arrow.Types.ArrowTypeId.Double
            or Apache.Arrow.Types.ArrowTypeId.Int64 or Apache.Arrow.Types.ArrowTypeId.Boolean) => true,
        (CategoricalFeatureProfile, Apache.Arrow.Types.ArrowTypeId.String or Apache.Arrow.Types.ArrowTypeId.Int64) => true,
        _ => false,
    };

    private int FindAnswered(RecordBatch batch, bool[] isAnswered)
    {
        var outcomes = ((UInt8Array)batch.Column(_outcome)).Values;
        var count = 0;
        for (var i = 0; i < outcomes.Length; i++)
        {
            isAnswered[i] = outcomes[i] == (byte)PredictionOutcome.Ok;
            count += isAnswered[i] ? 1 : 0;
        }

        return count;
    }

    private static void Count(IArrowArray column, FeatureHistogram histogram, bool[] isAnswered, int answered, Span<bool> isPresent)
    {
        var present = 0;
        for (var i = 0; i < isPresent.Length; i++)
        {
            isPresent[i] = isAnswered[i] && column.IsValid(i);
            present += isPresent[i] ? 1 : 0;
        }

        // What is not present would be counted as missing, but rows without an answer do not count at all.
        switch (column)
        {
            case FloatArray floats when present == isPresent.Length:
                histogram.AddRange(floats.Values);
                break;
            case DoubleArray doubles when present == isPresent.Length:
                histogram.AddRange(doubles.Values);
                break;
            default:
                CountEach(column, histogram, isPresent);
                break;
        }

        histogram.AddMissing(answered - present);
    }

    /// <summary>The log keeps scores as float64. Those of a float32 model are counted as float32, so that they meet the edges of a float64 reference rounded as they are.</summary>
    private static void CountScores(DoubleArray scores, FeatureHistogram histogram, bool[] isAnswered, int answered)
    {
        var present = 0;
        for (var i = 0; i < scores.Length; i++)
        {
            if (isAnswered[i] && scores.IsValid(i))
            {
                present++;
                var (score, single) = (scores.Values[i], (float)scores.Values[i]);
                if (single == score)
                {
                    histogram.Add(single);
                }
                else
                {
                    histogram.Add(score);
                }
            }
        }

        histogram.AddMissing(answered - present);
    }

    private static void CountEach(IArrowArray column, FeatureHistogram histogram, ReadOnlySpan<bool> isPresent)
    {
        var isCategorical = histogram.Profile is CategoricalFeatureProfile;
        for (var i = 0; i < isPresent.Length; i++)
        {
            if (!isPresent[i])
            {
                continue;
            }

            switch (column)
            {
                case FloatArray floats:
                    histogram.Add(floats.Values[i]);
                    break;
                case DoubleArray doubles:
                    histogram.Add(doubles.Values[i]);
                    break;
                case Int64Array integers when isCategorical:
                    histogram.AddCategory(integers.Values[i]);
                    break;
                case Int64Array integers:
                    histogram.Add((double)integers.Values[i]);
                    break;
                case BooleanArray booleans:
                    histogram.Add(booleans.GetValue(i) == true ? 1f : 0f);
                    break;
                case StringArray texts:
                    histogram.AddCategoryUtf8(texts.GetBytes(i));
                    break;
            }
        }
    }
}
