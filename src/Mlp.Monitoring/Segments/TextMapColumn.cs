using System.Runtime.InteropServices;
using Apache.Arrow;
using Apache.Arrow.Types;

namespace Mlp.Monitoring.Segments;

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
