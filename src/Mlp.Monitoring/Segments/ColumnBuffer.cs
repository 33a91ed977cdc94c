using System.Runtime.CompilerServices;
using Apache.Arrow;
using Apache.Arrow.Types;

namespace Mlp.Monitoring.Segments;

/// <summary>A column that grows row by row, is looked at as Arrow, and starts over in the same memory. Not thread-safe.</summary>
/// <param name="type">Arrow type of the column.</param>
internal abstract class ColumnBuffer(IArrowType type)
{
    private byte[] _validity = new byte[32];
    private int _nullCount;

    /// <summary>Arrow type of the column.</summary>
    public IArrowType Type { get; } = type;

    /// <summary>Rows so far.</summary>
    public int RowCount { get; private set; }

    /// <summary>The rows as Arrow, in the memory of this buffer: valid until the next row or <see cref="Clear"/>.</summary>
    public abstract ArrayData Build();

    /// <summary>Starts over with no rows.</summary>
    public virtual void Clear()
    {
        if (_nullCount > 0)
        {
            _validity.AsSpan(0, (RowCount + 7) / 8).Clear();
        }

        RowCount = 0;
        _nullCount = 0;
    }

    /// <summary>Adds the validity of the next row. A column without nulls keeps none.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    protected void Next(bool isValid)
    {
        if (!isValid || _nullCount > 0)
        {
            SetValidity(isValid);
        }

        RowCount++;
    }

    /// <summary>Adds the validity of rows that are no nulls.</summary>
    protected void NextAll(int count)
    {
        if (_nullCount == 0)
        {
            RowCount += count;
            return;
        }

        for (var i = 0; i < count; i++)
        {
            Next(true);
        }
    }

    /// <summary>The column made of its validity and these buffers.</summary>
    protected ArrayData Build(ReadOnlySpan<ArrowBuffer> buffers, ArrayData[]? children = null)
        => new(Type, RowCount, _nullCount, 0, [_nullCount == 0 ? ArrowBuffer.Empty : Wrap(_validity, (RowCount + 7) / 8), .. buffers], children);

    /// <summary>Views bytes as an Arrow buffer.</summary>
    protected static ArrowBuffer Wrap(byte[] bytes, int length) => new(bytes.AsMemory(0, length));

    /// <summary>The next bytes of growing memory.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    protected static Span<byte> Grow(ref byte[] bytes, int used, int length)
    {
        if (bytes.Length - used < length)
        {
            Enlarge(ref bytes, used + length);
        }

        return bytes.AsSpan(used, length);
    }

    private static void Enlarge(ref byte[] bytes, int needed) => System.Array.Resize(ref bytes, Math.Max(bytes.Length * 2, needed));

    private void SetValidity(bool isValid)
    {
        if ((RowCount >> 3) >= _validity.Length)
        {
            Enlarge(ref _validity, (RowCount >> 3) + 1);
        }

        if (_nullCount == 0)
        {
            _validity.AsSpan(0, RowCount >> 3).Fill(0xFF);
            _validity[RowCount >> 3] = (byte)((1 << (RowCount & 7)) - 1);
        }

        if (isValid)
        {
            _validity[RowCount >> 3] |= (byte)(1 << (RowCount & 7));
        }
        else
        {
            _nullCount++;
        }
    }
}
