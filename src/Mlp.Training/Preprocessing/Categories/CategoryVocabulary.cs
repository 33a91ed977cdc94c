using System.Text.Json.Serialization;

namespace Mlp.Training.Preprocessing.Categories;

/// <summary>
/// The values of a categorical feature that have an entry each, in order; behind them one entry for all other values, which are rare or were never seen, and one for a missing
/// value. One of the two lists is empty, by the feature's type. Immutable and thread-safe.
/// </summary>
/// <param name="Column">Index of the feature in the service's order.</param>
/// <param name="Texts">The values, if the feature is a text.</param>
/// <param name="Integers">The values, if the feature is an integer.</param>
internal sealed record CategoryVocabulary(int Column, IReadOnlyList<string> Texts, IReadOnlyList<long> Integers)
{
    /// <summary>Number of values with an entry of their own.</summary>
    [JsonIgnore]
    public int Count => Texts.Count + Integers.Count;

    /// <summary>The entry of a value that has none of its own.</summary>
    [JsonIgnore]
    public int UnknownEntry => Count;

    /// <summary>The entry of a row that is not present.</summary>
    [JsonIgnore]
    public int MissingEntry => Count + 1;

    /// <summary>Number of entries.</summary>
    [JsonIgnore]
    public int EntryCount => Count + 2;

    /// <summary>The entry of every row of a table.</summary>
    public int[] EntriesOf(FeatureTable table)
    {
        var column = table.Columns[Column];
        var entries = new int[column.RowCount];
        if (column is TextColumn text)
        {
            var entryOfText = Places(Texts);
            int[] entryOfCode = [.. text.Texts.Select(t => entryOfText.GetValueOrDefault(t, UnknownEntry))];
            for (var row = 0; row < entries.Length; row++)
            {
                entries[row] = column.IsPresent(row) ? entryOfCode[text.Codes[row]] : MissingEntry;
            }

            return entries;
        }

        var values = ((NumberColumn<long>)column).Values;
        var entryOf = Places(Integers);
        for (var row = 0; row < entries.Length; row++)
        {
            entries[row] = column.IsPresent(row) ? entryOf.GetValueOrDefault(values[row], UnknownEntry) : MissingEntry;
        }

        return entries;
    }

    private static Dictionary<T, int> Places<T>(IReadOnlyList<T> values)
        where T : notnull
    {
        var places = new Dictionary<T, int>(values.Count);
        for (var i = 0; i < values.Count; i++)
        {
            places.Add(values[i], i);
        }

        return places;
    }
}
