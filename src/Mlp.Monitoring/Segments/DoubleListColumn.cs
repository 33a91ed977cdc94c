using System.Runtime.InteropServices;
using Apache.Arrow;
using Apache.Arrow.Types;

namespace Mlp.Monitoring.Segments;

/// <summary>A column of lists of float64.</summary>
internal sealed class DoubleListColumn() : ColumnBuffer(new ListType(new Field("item", DoubleType.Default, nullable: false)))
{
    private readonly FixedColumn<double> _items = new(DoubleType.Default);
    private byte[] _offsets = new byte[257 * sizeof(int)];

    public void Append(ReadOnlySpan<double> values, bool isValid)
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
