using System.Runtime.InteropServices;
using Apache.Arrow;
using Apache.Arrow.Types;

namespace Mlp.Monitoring.PredictionLog;

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
        _validity.AsSpan(0, (RowCount + 7) / 8).Clear();
        RowCount = 0;
        _nullCount = 0;
    }

    /// <summary>Adds the validity of the next row.</summary>
    protected void Next(bool isValid)
    {
        if (RowCount == _validity.Length * 8)
        {
            System.Array.Resize(ref _validity, _validity.Length * 2);
        }

        if (isValid)
        {
            _validity[RowCount >> 3] |= (byte)(1 << (RowCount & 7));
        }
        else
        {
            _nullCount++;
        }

        RowCount++;
    }

    /// <summary>The column made of its validity and these buffers.</summary>
    protected ArrayData Build(ReadOnlySpan<ArrowBuffer> buffers, ArrayData[]? children = null)
        => new(Type, RowCount, _nullCount, 0, [_nullCount == 0 ? ArrowBuffer.Empty : Wrap(_validity, (RowCount + 7) / 8), .. buffers], children);

    /// <summary>Views bytes as an Arrow buffer.</summary>
    protected static ArrowBuffer Wrap(byte[] bytes, int length) => new(bytes.AsMemory(0, length));

    /// <summary>The next bytes of growing memory.</summary>
    protected static Span<byte> Grow(ref byte[] bytes, int used, int length)
    {
        if (bytes.Length - used < length)
        {
            System.Array.Resize(ref bytes, Math.Max(bytes.Length * 2, used + length));
        }

        return bytes.AsSpan(used, length);
    }
}

/// <summary>A column of numbers or of times.</summary>
internal sealed class FixedColumn<T>(IArrowType type) : ColumnBuffer(type)
    where T : unmanaged
{
    private static readonly int Width = Marshal.SizeOf<T>();

    private byte[] _values = new byte[256 * Width];

    /// <summary>Adds a value.</summary>
    public void Append(T value)
    {
        MemoryMarshal.Write(Grow(ref _values, RowCount * Width, Width), value);
        Next(true);
    }

    /// <summary>Adds a value, or null.</summary>
    public void Append(T value, bool isValid)
    {
        MemoryMarshal.Write(Grow(ref _values, RowCount * Width, Width), isValid ? value : default);
        Next(isValid);
    }

    public override ArrayData Build() => Build([Wrap(_values, RowCount * Width)]);
}

/// <summary>A column of truth values, one bit each.</summary>
internal sealed class BooleanColumn() : ColumnBuffer(BooleanType.Default)
{
    private byte[] _values = new byte[32];

    public void Append(bool value, bool isValid)
    {
        if (RowCount == _values.Length * 8)
        {
            System.Array.Resize(ref _values, _values.Length * 2);
        }

        if (value && isValid)
        {
            _values[RowCount >> 3] |= (byte)(1 << (RowCount & 7));
        }

        Next(isValid);
    }

    public override void Clear()
    {
        _values.AsSpan(0, (RowCount + 7) / 8).Clear();
        base.Clear();
    }

    public override ArrayData Build() => Build([Wrap(_values, (RowCount + 7) / 8)]);
}

/// <summary>A column of byte strings of one length.</summary>
internal sealed class FixedBinaryColumn(int width) : ColumnBuffer(new FixedSizeBinaryType(width))
{
    private byte[] _values = new byte[256 * width];

    public void Append(ReadOnlySpan<byte> value, bool isValid = true)
    {
        value.CopyTo(Grow(ref _values, RowCount * width, width));
        Next(isValid);
    }

    public override ArrayData Build() => Build([Wrap(_values, RowCount * width)]);
}

/// <summary>A column of texts or byte strings of any length.</summary>
internal sealed class BinaryColumn(IArrowType type) : ColumnBuffer(type)
{
    private byte[] _offsets = new byte[257 * sizeof(int)];
    private byte[] _values = new byte[1024];
    private int _length;

    public void Append(ReadOnlySpan<byte> value, bool isValid = true)
    {
        if (isValid)
        {
            value.CopyTo(Grow(ref _values, _length, value.Length));
            _length += value.Length;
        }

        MemoryMarshal.Write(Grow(ref _offsets, (RowCount + 1) * sizeof(int), sizeof(int)), _length);
        Next(isValid);
    }

    public override void Clear()
    {
        _length = 0;
        base.Clear();
    }

    public override ArrayData Build() => Build([Wrap(_offsets, (RowCount + 1) * sizeof(int)), Wrap(_values, _length)]);
}

/// <summary>A column of lists of float32.</summary>
internal sealed class FloatListColumn() : ColumnBuffer(new ListType(new Field("item", FloatType.Default, nullable: false)))
{
    private readonly FixedColumn<float> _items = new(FloatType.Default);
    private byte[] _offsets = new byte[257 * sizeof(int)];

    public void Append(ReadOnlySpan<float> values, bool isValid)
    {
        foreach (var value in values)
        {
            _items.Append(value);
        }

        MemoryMarshal.Write(Grow(ref _offsets, (RowCount + 1) * sizeof(int), sizeof(int)), _items.RowCount);
        Next(isValid);
    }

    public override void Clear()
    {
        _items.Clear();
        base.Clear();
    }

    public override ArrayData Build() => Build([Wrap(_offsets, (RowCount + 1) * sizeof(int))], [_items.Build()]);
}

/// <summary>A column of maps from text to text.</summary>
internal sealed class TextMapColumn() : ColumnBuffer(new MapType(StringType.Default, StringType.Default, nullable: true, keySorted: false))
{
    private readonly BinaryColumn _keys = new(StringType.Default);
    private readonly BinaryColumn _values = new(StringType.Default);
    private byte[] _offsets = new byte[257 * sizeof(int)];

    /// <summary>Adds a pair to the row that <see cref="EndRow"/> will end.</summary>
    public void AppendPair(ReadOnlySpan<byte> key, ReadOnlySpan<byte> value, bool hasValue)
    {
        _keys.Append(key);
        _values.Append(value, hasValue);
    }

    public void EndRow(bool isValid)
    {
        MemoryMarshal.Write(Grow(ref _offsets, (RowCount + 1) * sizeof(int), sizeof(int)), _keys.RowCount);
        Next(isValid);
    }

    public override void Clear()
    {
        _keys.Clear();
        _values.Clear();
        base.Clear();
    }

    public override ArrayData Build()
    {
        var pairs = new ArrayData(((MapType)Type).KeyValueType, _keys.RowCount, 0, 0, [ArrowBuffer.Empty], [_keys.Build(), _values.Build()]);
        return Build([Wrap(_offsets, (RowCount + 1) * sizeof(int))], [pairs]);
    }
}
