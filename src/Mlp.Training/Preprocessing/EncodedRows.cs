namespace Mlp.Training.Preprocessing;

/// <summary>
/// Rows as a network takes them, kept narrow: numbers and indicators as they are, each category as the number of its slot. A batch is widened when it is gathered. Immutable.
/// </summary>
internal sealed class EncodedRows
{
    /// <summary>Stands for no dense output at all.</summary>
    public const int NoSlot = -1;

    private readonly float[] _numbers;
    private readonly int[] _slots;
    private readonly int _numberWidth;
    private readonly int _categoryCount;
    private readonly int[] _ids;

    public EncodedRows(int rowCount, float[] numbers, int numberWidth, int[] slots, int categoryCount, int width, int[] ids, int idCount)
    {
        RowCount = rowCount;
        Width = width;
        IdCount = idCount;
        (_numbers, _numberWidth, _slots, _categoryCount, _ids) = (numbers, numberWidth, slots, categoryCount, ids);
    }

    public int RowCount { get; }

    /// <summary>Inputs of the network.</summary>
    public int Width { get; }

    /// <summary>Ids of a row, for layers that embed them.</summary>
    public int IdCount { get; }

    /// <summary>Writes chosen rows, widened.</summary>
    /// <param name="rows">Row numbers.</param>
    /// <param name="destination">Shape (rows, <see cref="Width"/>), row-major; overwritten.</param>
    public void Gather(ReadOnlySpan<int> rows, Span<float> destination)
    {
        for (var i = 0; i < rows.Length; i++)
        {
            Write(rows[i], destination.Slice(i * Width, Width));
        }
    }

    /// <summary>Writes a run of rows, widened.</summary>
    /// <param name="start">The first row.</param>
    /// <param name="count">Number of rows.</param>
    /// <param name="destination">Shape (count, <see cref="Width"/>), row-major; overwritten.</param>
    public void Copy(int start, int count, Span<float> destination)
    {
        for (var i = 0; i < count; i++)
        {
            Write(start + i, destination.Slice(i * Width, Width));
        }
    }

    /// <summary>Writes the ids of chosen rows.</summary>
    /// <param name="rows">Row numbers.</param>
    /// <param name="destination">Shape (rows, <see cref="IdCount"/>), row-major; overwritten.</param>
    public void GatherIds(ReadOnlySpan<int> rows, Span<long> destination)
    {
        for (var i = 0; i < rows.Length; i++)
        {
            WriteIds(rows[i], destination.Slice(i * IdCount, IdCount));
        }
    }

    /// <summary>Writes the ids of a run of rows.</summary>
    /// <param name="start">The first row.</param>
    /// <param name="count">Number of rows.</param>
    /// <param name="destination">Shape (count, <see cref="IdCount"/>), row-major; overwritten.</param>
    public void CopyIds(int start, int count, Span<long> destination)
    {
        for (var i = 0; i < count; i++)
        {
            WriteIds(start + i, destination.Slice(i * IdCount, IdCount));
        }
    }

    /// <summary>How a slot is kept that gets −1 in place of 1; and back again.</summary>
    internal static int Negative(int slot) => NoSlot - 1 - slot;

    private void WriteIds(int row, Span<long> destination)
    {
        for (var i = 0; i < IdCount; i++)
        {
            destination[i] = _ids[(row * IdCount) + i];
        }
    }

    private void Write(int row, Span<float> destination)
    {
        _numbers.AsSpan(row * _numberWidth, _numberWidth).CopyTo(destination);
        var oneHot = destination[_numberWidth..];
        oneHot.Clear();
        foreach (var slot in _slots.AsSpan(row * _categoryCount, _categoryCount))
        {
            if (slot >= 0)
            {
                oneHot[slot] = 1;
            }
            else if (slot != NoSlot)
            {
                oneHot[Negative(slot)] = -1;
            }
        }
    }
}
