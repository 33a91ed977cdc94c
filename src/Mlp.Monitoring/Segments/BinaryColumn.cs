using System.Runtime.InteropServices;
using Apache.Arrow;
using Apache.Arrow.Types;

namespace Mlp.Monitoring.Segments;

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
