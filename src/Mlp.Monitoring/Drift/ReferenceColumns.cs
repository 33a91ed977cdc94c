using System.Collections.Frozen;
using Apache.Arrow;
using Mlp.Monitoring.PredictionLog;
using Mlp.Monitoring.Segments;
using Mlp.Runtime.Models;
using Mlp.Runtime.Predictions;
using Mlp.Runtime.Statistics;

namespace Mlp.Monitoring.Drift;

/// <summary>
/// The columns of a reference window, gathered until a profile can be made of them. Memory is bounded: of more rows than the limit, so many picked at random stay, each row as likely as any other (Vitter, "Random Sampling with a Reservoir", 1985;
/// seeded: the same rows give the same sample). They are a reference of their own, of as many rows as they are; only that all of them have one value does not say that all rows had. Not thread-safe.
/// </summary>
/// <param name="rules">Which integers are categories.</param>
/// <param name="limit">Rows that are kept at most.</param>
internal sealed class ReferenceColumns(DriftRules rules, int limit)
{
    private const int Seed = 1_985;

    private readonly Dictionary<string, ReferenceColumn> _columns = new(StringComparer.Ordinal);
    private readonly ReferenceColumn _scores = new(isCategorical: false, isSingle: false);
    private readonly ReferenceColumn _classes = new(isCategorical: true, isSingle: false);
    private readonly List<double> _weights = [];
    private readonly Random _random = new(Seed);
    private double _totalWeight;
    private bool _isSampled;

    /// <summary>Rows that came.</summary>
    public long TotalRowCount { get; private set; }

    /// <summary>Rows that are kept.</summary>
    public int RowCount => _weights.Count;

    /// <summary>Takes the answered rows of a batch.</summary>
    public void Add(RecordBatch batch, ModelOutput? output)
    {
        var outcomes = batch.Find<UInt8Array>(PredictionColumns.Outcome);
        var weights = batch.Find<DoubleArray>(PredictionColumns.SamplingWeight);
        double WeightOf(int row) => weights?.GetValue(row) ?? 1;
        int[] rows = [.. Enumerable.Range(0, batch.Length).Where(i => outcomes?.GetValue(i) == (byte)PredictionOutcome.Ok && SamplingWeights.IsValid(WeightOf(i)))];
        var slots = System.Array.ConvertAll(rows, row => Keep(WeightOf(row)));
        var found = new HashSet<ReferenceColumn>();
        foreach (var field in batch.Schema.FieldsList)
        {
            if (field.HasMetadata && field.Metadata.TryGetValue(PredictionColumns.FeatureKey, out var name) && !rules.IsIgnored(name) && ColumnOf(name, batch.Column(field.Name)) is { } column)
            {
                column.Add(batch.Column(field.Name), rows, slots);
                found.Add(column);
            }
        }

        // A column that other segments have is missing in these rows.
        foreach (var column in _columns.Values.Where(c => !found.Contains(c)))
        {
            column.AddMissing(slots);
        }

        var scores = batch.Find<DoubleArray>(PredictionColumns.Score);
        var classes = new PredictedClass(batch, output);
        for (var i = 0; i < rows.Length; i++)
        {
            _scores.Set(slots[i], scores?.GetValue(rows[i]) ?? double.NaN);
            _classes.Set(slots[i], classes.Of(rows[i]));
        }
    }

    /// <summary>The reference.</summary>
    public DriftReference Build() => _isSampled ? BuildSampled(new([.. _weights])) : BuildWhole();

    // The slot of the next row; -1 where it is not kept.
    private int Keep(double weight)
    {
        _totalWeight += weight;
        _isSampled |= weight != 1;
        TotalRowCount++;
        if (_weights.Count < limit)
        {
            _weights.Add(weight);
            return _weights.Count - 1;
        }

        var slot = _random.NextInt64(TotalRowCount);
        if (slot >= limit)
        {
            return -1;
        }

        _weights[(int)slot] = weight;
        return (int)slot;
    }

    private DriftReference BuildWhole()
    {
        var builder = new ReferenceProfileBuilder();
        foreach (var (name, column) in _columns)
        {
            column.AddTo(builder, name, RowCount);
        }

        double[] scores = [.. _scores.Numbers];
        if (!scores.All(double.IsNaN))
        {
            SetScore(builder, scores);
        }

        var profile = DriftReference.Rebin(builder.Build(), rules);
        var columns = profile.Features.Select(f => KeyValuePair.Create(f, _columns[f.Name]));
        if (profile.Score is { } score)
        {
            columns = columns.Append(KeyValuePair.Create((FeatureProfile)score.Distribution, _scores));
        }

        var note = TotalRowCount > RowCount ? FormattableString.Invariant($"The reference holds {TotalRowCount} predictions; {RowCount} of them, picked at random, are compared.") : null;
        return Create(profile, [.. columns], Classes(), Distribution) with { Note = note };
    }

    private DriftReference BuildSampled(SampledReference sampled)
    {
        var columns = new List<KeyValuePair<FeatureProfile, ReferenceColumn>>();
        NumericFeatureProfile Numeric(string name, ReferenceColumn column, bool isSingle)
        {
            var feature = sampled.Numeric(name, column.Numbers, isSingle, rules);
            columns.Add(new(feature, column));
            return feature;
        }

        FeatureProfile[] features = [.. _columns.Select(c => c.Value.Padded(RowCount) is { IsCategorical: true } categories
            ? (FeatureProfile)sampled.Categorical(c.Key, categories.Categories)
            : Numeric(c.Key, c.Value, c.Value.IsSingle))];
        var score = _scores.Numbers.TrueForAll(double.IsNaN) ? null : new ScoreProfile(Numeric("score", _scores, IsSingle(_scores.Numbers)), []);
        var profile = new ReferenceProfile(sampled.RowCount, [.. features], score);
        var predicted = _classes.Categories.TrueForAll(c => c is null) ? null : sampled.Categorical(PredictedClass.Name, _classes.Categories);
        return Create(profile, columns, predicted, sampled.Distribution) with
        {
            IsSampled = true,
            Note = FormattableString.Invariant($"The reference holds {TotalRowCount} predictions that sampling picked; they stand for {_totalWeight:F0} and {(TotalRowCount > RowCount ? "a random choice of them counts" : "count")} as {sampled.RowCount}. ")
                + "Features with one value in it are compared by their distance, and not held to be constant: predictions that were not picked may have had others.",
        };
    }

    private DriftReference Create(
        ReferenceProfile profile, IReadOnlyList<KeyValuePair<FeatureProfile, ReferenceColumn>> columns, CategoricalFeatureProfile? predictedClass, Func<List<double>, EmpiricalDistribution> distributionOf)
    {
        var varying = columns.Where(c => c.Value.IsVarying).Select(c => c.Key);
        return new DriftReference(profile)
        {
            Distributions = columns.Where(c => c.Key is NumericFeatureProfile).ToFrozenDictionary(c => c.Key, c => distributionOf(c.Value.Numbers)),
            PredictedClass = predictedClass,
            Varying = (predictedClass is not null && _classes.IsVarying ? varying.Append(predictedClass) : varying).ToFrozenSet(),
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
        => _classes.Categories.TrueForAll(c => c is null) ? null : (CategoricalFeatureProfile)new ReferenceProfileBuilder().AddCategorical(PredictedClass.Name, [.. _classes.Categories]).Build().Features[0];

    private ReferenceColumn? ColumnOf(string name, IArrowArray array)
    {
        if (!_columns.TryGetValue(name, out var column))
        {
            if (array is not (FloatArray or DoubleArray or Int64Array or BooleanArray or StringArray))
            {
                return null;
            }

            column = new ReferenceColumn(array is StringArray || (array is Int64Array && rules.IsCategorical(name)), array is FloatArray or BooleanArray);
            _columns.Add(name, column);
        }

        return column;
    }
}
