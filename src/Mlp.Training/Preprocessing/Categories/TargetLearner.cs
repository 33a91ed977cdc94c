using System.Globalization;
using System.Runtime.InteropServices;

namespace Mlp.Training.Preprocessing.Categories;

/// <summary>
/// Learns a categorical feature as the mean of the labels of its category, drawn to the mean of all, in one pass. A row must not see its own label: each fold of the training rows
/// gets a table that the other folds made, and the table of all of them is for every other row. Not thread-safe.
/// </summary>
/// <param name="counter">Counts.</param>
/// <param name="vocabulary">Which values stand for themselves.</param>
/// <param name="isStandardised">Whether mean and deviation of the labels are taken out.</param>
/// <param name="classes">Number of classes when there are more than two, each of which gets an output with the share of its rows; otherwise 1.</param>
/// <param name="rule">How.</param>
internal sealed class TargetLearner(CategoryCounter counter, VocabularyRule vocabulary, bool isStandardised, int classes, TargetRule rule) : CategoryValuesLearner
{
    // Per code, behind it per class, behind it per fold; of a missing value apart.
    private readonly List<WeightedMoments> _moments = [];
    private readonly WeightedMoments[] _missing = new WeightedMoments[classes * rule.Folds.Count];

    private int PerCode => _missing.Length;

    /// <inheritdoc/>
    /// <exception cref="TrainingDataException">There are no labels.</exception>
    public override void Add(FeatureTable table, int rowCount, ReadOnlySpan<double> labels, ReadOnlySpan<float> weights)
    {
        if (labels.Length < rowCount)
        {
            throw new TrainingDataException($"Expected labels to learn the target encoding of column '{counter.Feature.Name}' from, but the rows have none.", counter.Feature.Name);
        }

        var first = counter.RowCount;
        var codes = counter.Add(table, rowCount);
        CollectionsMarshal.SetCount(_moments, Math.Max(_moments.Count, (codes.DefaultIfEmpty(CategoryCounter.Missing).Max() + 1) * PerCode));
        var moments = CollectionsMarshal.AsSpan(_moments);
        for (var row = 0; row < rowCount; row++)
        {
            var ofCode = codes[row] == CategoryCounter.Missing ? _missing : moments.Slice(codes[row] * PerCode, PerCode);
            var fold = rule.Folds.Of(first + row);
            for (var label = 0; label < classes; label++)
            {
                ref var one = ref ofCode[(label * rule.Folds.Count) + fold];
                one = one.With(classes == 1 ? labels[row] : labels[row] == label ? 1 : 0, weights.IsEmpty ? 1 : weights[row]);
            }
        }
    }

    /// <inheritdoc/>
    public override CategoryValues Complete()
    {
        var index = counter.Choose(vocabulary);
        var moments = ByEntry(index);
        var all = new float[index.EntryCount * classes];
        float[][] tables = [.. Enumerable.Range(0, rule.Folds.Count).Select(_ => new float[all.Length])];
        for (var label = 0; label < classes; label++)
        {
            var total = Total(moments, label, TargetRule.NoFold);
            var (centre, unit) = isStandardised ? (total.Mean, total.Variance > 0 ? Math.Sqrt(total.Variance) : 1) : (0, 1);
            Fill(all, TargetRule.NoFold);
            for (var fold = 0; fold < tables.Length; fold++)
            {
                Fill(tables[fold], fold);
            }

            void Fill(float[] table, int without)
            {
                var overall = Total(moments, label, without);
                for (var entry = 0; entry < moments.Length; entry++)
                {
                    table[(entry * classes) + label] = (float)((rule.Encode(Without(moments[entry], label, without), overall) - centre) / unit);
                }
            }
        }

        string[] names = classes == 1
            ? [$"{counter.Feature.Name}.target"]
            : [.. Enumerable.Range(0, classes).Select(c => string.Create(CultureInfo.InvariantCulture, $"{counter.Feature.Name}.target[{c}]"))];
        return new(index, names, all) { FoldTables = tables, Folds = rule.Folds };
    }

    private WeightedMoments[][] ByEntry(CategoryVocabulary index)
    {
        WeightedMoments[][] moments = [.. Enumerable.Range(0, index.EntryCount).Select(_ => new WeightedMoments[PerCode])];
        moments[index.MissingEntry] = _missing;
        var entries = counter.EntriesOf(index);
        for (var code = 0; code < entries.Length; code++)
        {
            var ofEntry = moments[entries[code]];
            for (var i = 0; i < PerCode; i++)
            {
                ofEntry[i] = ofEntry[i].Join(_moments[(code * PerCode) + i]);
            }
        }

        return moments;
    }

    private WeightedMoments Total(WeightedMoments[][] moments, int label, int without)
        => moments.Aggregate(default(WeightedMoments), (sum, entry) => sum.Join(Without(entry, label, without)));

    private WeightedMoments Without(WeightedMoments[] ofEntry, int label, int without)
    {
        var sum = default(WeightedMoments);
        for (var fold = 0; fold < rule.Folds.Count; fold++)
        {
            sum = fold == without ? sum : sum.Join(ofEntry[(label * rule.Folds.Count) + fold]);
        }

        return sum;
    }
}
