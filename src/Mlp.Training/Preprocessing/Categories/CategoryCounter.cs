using System.Globalization;
using Mlp.Runtime.Data;

namespace Mlp.Training.Preprocessing.Categories;

/// <summary>Counts the values of an int64 or text feature over batches of training rows, and makes a vocabulary of them. Not thread-safe.</summary>
/// <param name="feature">The feature.</param>
/// <param name="index">Its index in the service's order.</param>
internal sealed class CategoryCounter(FeatureColumn feature, int index)
{
    /// <summary>The code of a row that is not present.</summary>
    public const int Missing = -1;

    private readonly Dictionary<string, int> _texts = new(StringComparer.Ordinal);
    private readonly Dictionary<long, int> _integers = [];
    private readonly List<int> _counts = [];

    public FeatureColumn Feature => feature;

    /// <summary>Index of the feature in the service's order.</summary>
    public int Index => index;

    /// <summary>Rows so far.</summary>
    public int RowCount { get; private set; }

    /// <summary>Counts the first rows of a table.</summary>
    /// <returns>Per row the code of its value, in order of first use over all batches, or <see cref="Missing"/>.</returns>
    public int[] Add(FeatureTable table, int rowCount)
    {
        var column = table.Columns[index];
        var codes = new int[rowCount];
        if (column is TextColumn text)
        {
            var ofText = new int[text.Texts.Count];
            ofText.AsSpan().Fill(Missing);
            for (var row = 0; row < rowCount; row++)
            {
                codes[row] = Missing;
                if (column.IsPresent(row))
                {
                    ref var code = ref ofText[text.Codes[row]];
                    code = code == Missing ? CodeOf(_texts, text.TextAt(row)) : code;
                    codes[row] = code;
                }
            }
        }
        else
        {
            var values = ((NumberColumn<long>)column).Values;
            for (var row = 0; row < rowCount; row++)
            {
                codes[row] = column.IsPresent(row) ? CodeOf(_integers, values[row]) : Missing;
            }
        }

        foreach (var code in codes)
        {
            if (code != Missing)
            {
                _counts[code]++;
            }
        }

        RowCount += rowCount;
        return codes;
    }

    /// <summary>The values that get an entry of their own.</summary>
    /// <exception cref="TrainingDataException">No row has a value, or there are more values than allowed.</exception>
    /// <exception cref="ArgumentException">A given value of an int64 feature is no whole number.</exception>
    public CategoryVocabulary Choose(VocabularyRule rule)
    {
        if (_counts.Count == 0)
        {
            throw BlockLearner.NoValue(feature.Name, RowCount);
        }

        if (rule.Order == CategoryOrder.Given)
        {
            return feature.Type == FeatureType.String ? new(index, rule.Given, []) : new(index, [], [.. rule.Given.Select(ParseGiven)]);
        }

        return feature.Type == FeatureType.String
            ? new(index, Choose(_texts, rule, string.CompareOrdinal), [])
            : new(index, [], Choose(_integers, rule, (a, b) => a.CompareTo(b)));
    }

    /// <summary>What is thrown for more values than allowed.</summary>
    public static TrainingDataException TooMany(string name, int maximum, int found)
        => new(FormattableString.Invariant($"Expected at most {maximum} categories in column '{name}', but found {found}."), name);

    /// <summary>The entry of each code.</summary>
    public int[] EntriesOf(CategoryVocabulary vocabulary)
    {
        var entries = new int[_counts.Count];
        entries.AsSpan().Fill(vocabulary.UnknownEntry);
        for (var i = 0; i < vocabulary.Count; i++)
        {
            var known = feature.Type == FeatureType.String ? _texts.TryGetValue(vocabulary.Texts[i], out var code) : _integers.TryGetValue(vocabulary.Integers[i], out code);
            if (known)
            {
                entries[code] = i;
            }
        }

        return entries;
    }

    /// <summary>How many rows fell into each entry of a vocabulary.</summary>
    public int[] CountsOf(CategoryVocabulary vocabulary)
    {
        var counts = new int[vocabulary.EntryCount];
        var entries = EntriesOf(vocabulary);
        for (var code = 0; code < entries.Length; code++)
        {
            counts[entries[code]] += _counts[code];
        }

        counts[vocabulary.MissingEntry] = RowCount - _counts.Sum();
        return counts;
    }

    private int CodeOf<T>(Dictionary<T, int> codes, T value)
        where T : notnull
    {
        ref var code = ref System.Runtime.InteropServices.CollectionsMarshal.GetValueRefOrAddDefault(codes, value, out var known);
        if (!known)
        {
            code = _counts.Count;
            _counts.Add(0);
        }

        return code;
    }

    private List<T> Choose<T>(Dictionary<T, int> codes, VocabularyRule rule, Comparison<T> compare)
        where T : notnull
    {
        var values = codes.Where(c => _counts[c.Value] >= rule.MinimumCount).Select(c => (Value: c.Key, Count: _counts[c.Value])).ToList();
        values.Sort((a, b) => a.Count != b.Count ? b.Count.CompareTo(a.Count) : compare(a.Value, b.Value));
        if (values.Count > rule.MaximumCount)
        {
            if (rule.RefusesMore)
            {
                throw TooMany(feature.Name, rule.MaximumCount, values.Count);
            }

            values.RemoveRange(rule.MaximumCount, values.Count - rule.MaximumCount);
        }

        if (rule.Order == CategoryOrder.Value)
        {
            values.Sort((a, b) => compare(a.Value, b.Value));
        }

        return values.ConvertAll(v => v.Value);
    }

    private long ParseGiven(string value)
        => long.TryParse(value, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out var integer)
            ? integer
            : throw new ArgumentException($"Expected whole numbers as the given categories of the int64 feature '{feature.Name}', but found '{value}'.", nameof(value));
}
