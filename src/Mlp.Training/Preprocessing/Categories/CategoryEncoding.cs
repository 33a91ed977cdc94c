using System.Text.Json.Serialization;

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

    /// <summary>Values that share <see cref="OtherSlot"/>, where values that are not in any list set nothing; null where all of them share it.</summary>
    public IReadOnlyList<string>? RareTexts { get; init; }

    /// <inheritdoc cref="RareTexts"/>
    public IReadOnlyList<long>? RareIntegers { get; init; }

    /// <summary>Whether the first value sets no slot.</summary>
    public bool DropsFirst { get; init; }

    /// <summary>Slot of a value that has none of its own and is not known to be rare.</summary>
    [JsonIgnore]
    public int UnknownSlot => RareTexts is null && RareIntegers is null ? OtherSlot : NoSlot;

    /// <summary>The slots of texts; others have <see cref="UnknownSlot"/>.</summary>
    public Dictionary<string, int> TextSlots() => Slots(Texts, RareTexts);

    /// <summary>The slots of integers; others have <see cref="UnknownSlot"/>.</summary>
    public Dictionary<long, int> IntegerSlots() => Slots(Integers, RareIntegers);

    /// <summary>The slot of every row of a column; <see cref="NoSlot"/> for none.</summary>
    public int[] Encode(TableColumn column)
    {
        var slots = new int[column.RowCount];
        if (column is TextColumn text)
        {
            var slotOfText = TextSlots();
            int[] slotOfCode = [.. text.Texts.Select(t => slotOfText.GetValueOrDefault(t, UnknownSlot))];
            for (var row = 0; row < slots.Length; row++)
            {
                slots[row] = column.IsPresent(row) ? slotOfCode[text.Codes[row]] : MissingSlot;
            }

            return slots;
        }

        var values = ((NumberColumn<long>)column).Values;
        var slotOf = IntegerSlots();
        for (var row = 0; row < slots.Length; row++)
        {
            slots[row] = column.IsPresent(row) ? slotOf.GetValueOrDefault(values[row], UnknownSlot) : MissingSlot;
        }

        return slots;
    }

    private Dictionary<T, int> Slots<T>(IReadOnlyList<T> values, IReadOnlyList<T>? rare)
        where T : notnull
    {
        var dropped = DropsFirst ? 1 : 0;
        var slots = new Dictionary<T, int>();
        for (var i = 0; i < values.Count; i++)
        {
            slots.Add(values[i], i < dropped ? NoSlot : FirstSlot + i - dropped);
        }

        foreach (var value in rare ?? [])
        {
            slots.Add(value, OtherSlot);
        }

        return slots;
    }
}
