namespace Mlp.Training.Preprocessing.Categories;

/// <summary>How often each value of one category occurs in training rows, over any number of tables.</summary>
internal sealed class CategoryCounts
{
    private readonly Dictionary<string, long> _texts = new(StringComparer.Ordinal);
    private readonly Dictionary<long, long> _integers = [];

    /// <summary>Rows without a value.</summary>
    public long MissingCount { get; private set; }

    /// <summary>Rows with one.</summary>
    public long PresentCount { get; private set; }

    /// <summary>Counts the first rows of a column.</summary>
    public void Add(TableColumn column, int rowCount)
    {
        if (column is TextColumn text)
        {
            var counts = new long[text.Texts.Count];
            foreach (var code in text.Codes[..rowCount])
            {
                if (code != TextColumn.Absent)
                {
                    counts[code]++;
                }
            }

            for (var code = 0; code < counts.Length; code++)
            {
                Add(_texts, text.Texts[code], counts[code]);
            }

            Count(rowCount, counts.Sum());
            return;
        }

        var present = 0;
        var values = ((NumberColumn<long>)column).Values;
        for (var row = 0; row < rowCount; row++)
        {
            if (column.IsPresent(row))
            {
                Add(_integers, values[row], 1);
                present++;
            }
        }

        Count(rowCount, present);
    }

    /// <summary>The texts that occur, the most frequent first, ties by ordinal order.</summary>
    public List<KeyValuePair<string, long>> Texts() => Ordered(_texts, StringComparer.Ordinal);

    /// <summary>The integers that occur, the most frequent first, ties ascending.</summary>
    public List<KeyValuePair<long, long>> Integers() => Ordered(_integers, Comparer<long>.Default);

    private void Count(int rowCount, long present)
    {
        PresentCount += present;
        MissingCount += rowCount - present;
    }

    private static void Add<T>(Dictionary<T, long> counts, T value, long count)
        where T : notnull
    {
        if (count > 0)
        {
            counts[value] = counts.GetValueOrDefault(value) + count;
        }
    }

    private static List<KeyValuePair<T, long>> Ordered<T>(Dictionary<T, long> counts, IComparer<T> comparer)
        where T : notnull
        => [.. counts.OrderByDescending(c => c.Value).ThenBy(c => c.Key, comparer)];
}
