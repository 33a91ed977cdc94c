namespace Mlp.Training.Preprocessing;

/// <summary>Where a block writes its share of encoded rows.</summary>
internal readonly struct BlockRows
{
    private readonly EncodedRowsBuilder _rows;
    private readonly int _firstFloat;
    private readonly int _firstEntry;
    private readonly int _firstSlot;
    private readonly int _firstId;

    public BlockRows(EncodedRowsBuilder rows, int firstFloat, int firstEntry, int firstSlot, int firstId)
        => (_rows, _firstFloat, _firstEntry, _firstSlot, _firstId) = (rows, firstFloat, firstEntry, firstSlot, firstId);

    /// <summary>Sets a number.</summary>
    /// <param name="row">The row.</param>
    /// <param name="index">Which of the block's <see cref="BlockShape.Floats"/>.</param>
    /// <param name="value">The number.</param>
    public void SetFloat(int row, int index, float value) => _rows.Floats[(row * _rows.FloatWidth) + _firstFloat + index] = value;

    /// <summary>Says into which slot a row falls.</summary>
    /// <param name="row">The row.</param>
    /// <param name="entry">From 0, below <see cref="BlockShape.SlotsPerRow"/>: each says it once.</param>
    /// <param name="slot">Which of the block's <see cref="BlockShape.Slots"/>, or <see cref="EncodedRows.NoSlot"/>.</param>
    /// <param name="isNegative">Whether the slot gets −1 in place of 1.</param>
    public void SetSlot(int row, int entry, int slot, bool isNegative = false)
        => _rows.Slots[(row * _rows.SlotsPerRow) + _firstEntry + entry] = slot == EncodedRows.NoSlot ? slot : isNegative ? EncodedRows.Negative(_firstSlot + slot) : _firstSlot + slot;

    /// <summary>Sets an id.</summary>
    /// <param name="row">The row.</param>
    /// <param name="index">Which of the block's <see cref="BlockShape.Ids"/>.</param>
    /// <param name="id">From 0, below the column's cardinality.</param>
    public void SetId(int row, int index, int id) => _rows.Ids[(row * _rows.IdCount) + _firstId + index] = id;
}
