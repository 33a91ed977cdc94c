namespace Mlp.Training.Preprocessing;

/// <summary>
/// Rows as a network takes them, kept narrow: numbers and indicators as they are, each category as the number of its slot. A batch is widened when it is gathered. Immutable.
/// </summary>
internal sealed class EncodedRows
{
    private readonly float[] _numbers;
    private readonly int[] _slots;
    private readonly int _numberWidth;
    private readonly int _categoryCount;

    public EncodedRows(int rowCount, float[] numbers, int numberWidth, int[] slots, int categoryCount, int width)
    {
        RowCount = rowCount;
        Width = width;
        (_numbers, _numberWidth, _slots, _categoryCount) = (numbers, numberWidth, slots, categoryCount);
    }

    public int RowCount { get; }

    /// <summary>Inputs of the network.</summary>
    public int Width { get; }

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

    private void Write(int row, Span<float> destination)
    {
        _numbers.AsSpan(row * _numberWidth, _numberWidth).CopyTo(destination);
        var oneHot = destination[_numberWidth..];
        oneHot.Clear();
        foreach (var slot in _slots.AsSpan(row * _categoryCount, _categoryCount))
        {
            if (slot != CategoryEncoding.NoSlot)
            {
                oneHot[slot] = 1;
            }
        }
    }
}
