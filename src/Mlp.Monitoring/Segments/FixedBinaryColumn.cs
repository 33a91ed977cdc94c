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

    /// <summary>Adds a byte string of each record.</summary>
    /// <param name="memory">Memory with the records.</param>
    /// <param name="records">Where they begin.</param>
    /// <param name="offset">Where the bytes lie in a record.</param>
    public void AppendAll(ReadOnlySpan<byte> memory, ReadOnlySpan<int> records, int offset)
    {
        var target = Grow(ref _values, RowCount * width, records.Length * width);
        foreach (var record in records)
        {
            memory.Slice(record + offset, width).CopyTo(target);
            target = target[width..];
        }

        NextAll(records.Length);
    }

    public override ArrayData Build() => Build([Wrap(_values, RowCount * width)]);
}
