using Apache.Arrow;
using Apache.Arrow.Types;

namespace Mlp.Monitoring.Segments;

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
