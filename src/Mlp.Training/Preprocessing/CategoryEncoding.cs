namespace Mlp.Training.Preprocessing;

/// <summary>
/// How one category becomes inputs: each frequent value has a slot of its own; then come a slot for all other values and one for a missing value, each only if training rows
/// fell into it. What no training row has shown sets no slot, so that weights which never learned say nothing.
/// </summary>
/// <param name="Column">Index of the feature in the service's order.</param>
/// <param name="FirstSlot">Slot of the first value, counted over all categorical features.</param>
/// <param name="Texts">The values with a slot of their own, if the feature is a text.</param>
/// <param name="Integers">The values with a slot of their own, if the feature is an integer.</param>
/// <param name="OtherSlot">Slot of all other values, or <see cref="NoSlot"/>.</param>
/// <param name="MissingSlot">Slot of a missing value, or <see cref="NoSlot"/>.</param>
/// <param name="SlotCount">Number of slots.</param>
internal sealed record CategoryEncoding(
    int Column, int FirstSlot, IReadOnlyList<string> Texts, IReadOnlyList<long> Integers, int OtherSlot, int MissingSlot, int SlotCount)
{
    /// <summary>Stands for no input at all.</summary>
    public const int NoSlot = -1;

    /// <summary>Learns from the first rows of a column.</summary>
    public static CategoryEncoding Learn(TableColumn column, int index, int firstSlot, int rowCount, PreprocessingOptions options)
    {
        var missing = 0;
        foreach (var status in column.Statuses[..rowCount])
        {
            missing += status == Runtime.Data.FeatureStatus.Present ? 0 : 1;
        }

        string[] texts = [];
        long[] integers = [];
        long known;
        if (column is TextColumn text)
        {
            var counts = new Dictionary<int, int>();
            Count(counts, text.Codes[..rowCount], column);
            var frequent = Frequent(counts, options, (a, b) => string.CompareOrdinal(text.Texts[a], text.Texts[b]));
            texts = [.. frequent.Select(c => text.Texts[c.Value])];
            known = frequent.Sum(c => (long)c.Count);
        }
        else
        {
            var counts = new Dictionary<long, int>();
            Count(counts, ((NumberColumn<long>)column).Values[..rowCount], column);
            var frequent = Frequent(counts, options, (a, b) => a.CompareTo(b));
            integers = [.. frequent.Select(c => c.Value)];
            known = frequent.Sum(c => (long)c.Count);
        }

        var next = firstSlot + texts.Length + integers.Length;
        var other = rowCount - missing > known ? next++ : NoSlot;
        var absent = missing > 0 ? next++ : NoSlot;
        return new(index, firstSlot, texts, integers, other, absent, next - firstSlot);
    }

    /// <summary>The slot of every row of a column; <see cref="NoSlot"/> for none.</summary>
    public int[] Encode(TableColumn column)
    {
        var slots = new int[column.RowCount];
        if (column is TextColumn text)
        {
            var slotOfText = Texts.Select((t, i) => (t, i)).ToDictionary(p => p.t, p => FirstSlot + p.i, StringComparer.Ordinal);
            int[] slotOfCode = [.. text.Texts.Select(t => slotOfText.GetValueOrDefault(t, OtherSlot))];
            for (var row = 0; row < slots.Length; row++)
            {
                slots[row] = column.IsPresent(row) ? slotOfCode[text.Codes[row]] : MissingSlot;
            }

            return slots;
        }

        var values = ((NumberColumn<long>)column).Values;
        var slotOf = Integers.Select((v, i) => (v, i)).ToDictionary(p => p.v, p => FirstSlot + p.i);
        for (var row = 0; row < slots.Length; row++)
        {
            slots[row] = column.IsPresent(row) ? slotOf.GetValueOrDefault(values[row], OtherSlot) : MissingSlot;
        }

        return slots;
    }

    private static void Count<T>(Dictionary<T, int> counts, ReadOnlySpan<T> values, TableColumn column)
        where T : notnull
    {
        for (var row = 0; row < values.Length; row++)
        {
            if (column.IsPresent(row))
            {
                counts[values[row]] = counts.GetValueOrDefault(values[row]) + 1;
            }
        }
    }

    private static List<(T Value, int Count)> Frequent<T>(Dictionary<T, int> counts, PreprocessingOptions options, Comparison<T> compare)
        where T : notnull
    {
        var values = counts.Where(c => c.Value >= options.MinimumCategoryCount).Select(c => (Value: c.Key, Count: c.Value)).ToList();
        values.Sort((a, b) => a.Count != b.Count ? b.Count.CompareTo(a.Count) : compare(a.Value, b.Value));
        return values.Count <= options.MaximumCategories ? values : values[..options.MaximumCategories];
    }
}
