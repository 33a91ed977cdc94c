using System.Collections.Frozen;
using Apache.Arrow;
using Mlp.Monitoring.PredictionLog;
using Mlp.Monitoring.Segments;
using Mlp.Runtime.Models;
using Mlp.Runtime.Predictions;
using Mlp.Runtime.Statistics;

namespace Mlp.Monitoring.Drift;

/// <summary>The columns of a reference window, gathered until a profile can be made of them. Not thread-safe.</summary>
/// <param name="rules">Which integers are categories.</param>
internal sealed class ReferenceColumns(DriftRules rules)
{
    private readonly Dictionary<string, Column> _columns = new(StringComparer.Ordinal);
    private readonly List<double> _scores = [];
    private readonly List<string?> _classes = [];
    private readonly List<double> _weights = [];
    private bool _isSampled;

    /// <summary>Rows gathered.</summary>
    public int RowCount => _weights.Count;

    /// <summary>Takes the answered rows of a batch.</summary>
    public void Add(RecordBatch batch, ModelOutput? output)
    {
        var outcomes = batch.Find<UInt8Array>(PredictionColumns.Outcome);
        var weights = batch.Find<DoubleArray>(PredictionColumns.SamplingWeight);
        double WeightOf(int row) => weights?.GetValue(row) ?? 1;
        int[] rows = [.. Enumerable.Range(0, batch.Length).Where(i => outcomes?.GetValue(i) == (byte)PredictionOutcome.Ok && SamplingWeights.IsValid(WeightOf(i)))];
        foreach (var field in batch.Schema.FieldsList)
        {
            if (field.HasMetadata && field.Metadata.TryGetValue(PredictionColumns.FeatureKey, out var name) && !rules.IsIgnored(name))
            {
                ColumnOf(name, batch.Column(field.Name))?.Add(batch.Column(field.Name), rows, RowCount);
            }
        }

        var scores = batch.Find<DoubleArray>(PredictionColumns.Score);
        var classes = new PredictedClass(batch, output);
        foreach (var row in rows)
        {
            _scores.Add(scores?.GetValue(row) ?? double.NaN);
            _classes.Add(classes.Of(row));
            _weights.Add(WeightOf(row));
            _isSampled |= WeightOf(row) != 1;
        }
    }

    /// <summary>The reference.</summary>
    public DriftReference Build() => _isSampled ? BuildSampled(new([.. _weights])) : BuildWhole();

    private DriftReference BuildWhole()
    {
        var builder = new ReferenceProfileBuilder();
        foreach (var (name, column) in _columns)
        {
            column.AddTo(builder, name, RowCount);
        }

        double[] scores = [.. _scores];
        if (!scores.All(double.IsNaN))
        {
            SetScore(builder, scores);
        }

        var profile = DriftReference.Rebin(builder.Build(), rules);
        var distributions = profile.Features.OfType<NumericFeatureProfile>().Select(f => KeyValuePair.Create((FeatureProfile)f, Distribution(_columns[f.Name].Numbers)));
        if (profile.Score is { } score)
        {
            distributions = distributions.Append(KeyValuePair.Create((FeatureProfile)score.Distribution, Distribution(_scores)));
        }

        return new DriftReference(profile) { Distributions = distributions.ToFrozenDictionary(), PredictedClass = Classes() };
    }

    private DriftReference BuildSampled(SampledReference sampled)
    {
        var distributions = new List<KeyValuePair<FeatureProfile, EmpiricalDistribution>>();
        NumericFeatureProfile Numeric(string name, List<double> numbers, bool isSingle)
        {
            var feature = sampled.Numeric(name, numbers, isSingle, rules);
            distributions.Add(new(feature, sampled.Distribution(numbers)));
            return feature;
        }

        FeatureProfile[] features = [.. _columns.Select(c => c.Value.Padded(RowCount) is { IsCategorical: true } categories
            ? (FeatureProfile)sampled.Categorical(c.Key, categories.Categories)
            : Numeric(c.Key, c.Value.Numbers, c.Value.IsSingle))];
        var score = _scores.TrueForAll(double.IsNaN) ? null : new ScoreProfile(Numeric("score", _scores, IsSingle(_scores)), []);
        return new DriftReference(new ReferenceProfile(sampled.RowCount, [.. features], score))
        {
            Distributions = distributions.ToFrozenDictionary(),
            PredictedClass = _classes.TrueForAll(c => c is null) ? null : sampled.Categorical(PredictedClass.Name, _classes),
            IsSampled = true,
            Note = FormattableString.Invariant($"The reference holds {RowCount} predictions that sampling picked; they stand for {sampled.Weight:F0} and count as {sampled.RowCount}. ")
                + "Features with one value in it are compared by their distance, and not held to be constant: predictions that were not picked may have had others.",
        };
    }

    private static bool IsSingle(IEnumerable<double> scores) => scores.All(s => (float)s == s || double.IsNaN(s));

    private static void SetScore(ReferenceProfileBuilder builder, double[] scores)
    {
        // As the window counts them: the score of a float32 model is a float32.
        if (IsSingle(scores))
        {
            builder.SetScore(System.Array.ConvertAll(scores, s => (float)s));
        }
        else
        {
            builder.SetScore(scores);
        }
    }

    private static EmpiricalDistribution Distribution(List<double> numbers) => SampleDistribution.OfSorted([.. numbers.Where(double.IsFinite).Order()]);

    private CategoricalFeatureProfile? Classes()
        => _classes.TrueForAll(c => c is null) ? null : (CategoricalFeatureProfile)new ReferenceProfileBuilder().AddCategorical(PredictedClass.Name, [.. _classes]).Build().Features[0];

    private Column? ColumnOf(string name, IArrowArray array)
    {
        if (!_columns.TryGetValue(name, out var column))
        {
            if (array is not (FloatArray or DoubleArray or Int64Array or BooleanArray or StringArray))
            {
                return null;
            }

            column = new Column(array is StringArray || (array is Int64Array && rules.IsCategorical(name)), array is FloatArray or BooleanArray);
            _columns.Add(name, column);
        }

        return column;
    }

    private sealed class Column(bool isCategorical, bool isSingle)
    {
        public bool IsCategorical => isCategorical;

        public bool IsSingle => isSingle;

        public List<string?> Categories { get; } = [];

        public List<double> Numbers { get; } = [];

        public void Add(IArrowArray array, int[] rows, int rowsBefore)
        {
            Pad(rowsBefore);
            foreach (var row in rows)
            {
                if (isCategorical)
                {
                    Categories.Add(array.IsNull(row) ? null : array switch
                    {
                        StringArray texts => texts.GetString(row),
                        Int64Array integers => integers.Values[row].ToString(System.Globalization.CultureInfo.InvariantCulture),
                        _ => null,
                    });
                }
                else
                {
                    Numbers.Add(array.IsNull(row) ? double.NaN : array switch
                    {
                        FloatArray floats => floats.Values[row],
                        DoubleArray doubles => doubles.Values[row],
                        Int64Array integers => integers.Values[row],
                        BooleanArray booleans => booleans.GetValue(row) == true ? 1 : 0,
                        _ => double.NaN,
                    });
                }
            }
        }

        public void AddTo(ReferenceProfileBuilder builder, string name, int rowCount)
        {
            Pad(rowCount);
            if (isCategorical)
            {
                builder.AddCategorical(name, Categories.ToArray());
            }
            else if (isSingle)
            {
                builder.AddNumeric(name, Numbers.Select(n => (float)n).ToArray());
            }
            else
            {
                builder.AddNumeric(name, Numbers.ToArray());
            }
        }

        public Column Padded(int rowCount)
        {
            Pad(rowCount);
            return this;
        }

        // A column that other segments do not have is missing in their rows.
        private void Pad(int rowCount)
        {
            while (isCategorical && Categories.Count < rowCount)
            {
                Categories.Add(null);
            }

            while (!isCategorical && Numbers.Count < rowCount)
            {
                Numbers.Add(double.NaN);
            }
        }
    }
}
