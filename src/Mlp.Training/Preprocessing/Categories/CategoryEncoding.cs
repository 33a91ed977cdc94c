namespace Mlp.Training.Preprocessing.Categories;

/// <summary>
/// How one category becomes inputs: each frequent value has a slot of its own; then come a slot for all other values and one for a missing value, each only if training rows
/// fell into it. What no training row has shown sets no slot, so that weights which never learned say nothing.
/// </summary>
/// <param name="Column">Index of the feature in the service's order.</param>
/// <param name="FirstSlot">Slot of the first value, counted over all categories of the block.</param>
/// <param name="Texts">The values with a slot of their own, if the feature is a text.</param>
/// <param name="Integers">The values with a slot of their own, if the feature is an integer.</param>
/// <param name="OtherSlot">Slot of all other values, or <see cref="NoSlot"/>.</param>
/// <param name="MissingSlot">Slot of a missing value, or <see cref="NoSlot"/>.</param>
/// <param name="SlotCount">Number of slots.</param>
internal sealed record CategoryEncoding(
    int Column, int FirstSlot, IReadOnlyList<string> Texts, IReadOnlyList<long> Integers, int OtherSlot, int MissingSlot, int SlotCount)
{
    /// <summary>Stands for no input at all.</summary>
    public const int NoSlot = EncodedRows.NoSlot;

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
}
