using Apache.Arrow;
using Apache.Arrow.Types;

namespace Mlp.Monitoring.Segments;

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
