using System.Runtime.InteropServices;
using Apache.Arrow;
using Mlp.Runtime.Data;

namespace Mlp.Monitoring.Segments;

/// <summary>A column of vectors of float32, fixed-size lists.</summary>
/// <param name="length">Number of elements of a vector.</param>
internal sealed class VectorColumnBuffer(int length) : ColumnBuffer(VectorColumn.TypeOf(length))
{
    private byte[] _values = new byte[16 * length * sizeof(float)];

    /// <summary>Number of elements of a vector.</summary>
    public int Length => length;

    /// <summary>Adds a vector, or null, under which lie zeros.</summary>
    public void Append(ReadOnlySpan<float> vector, bool isValid)
    {
        var target = Grow(ref _values, RowCount * length * sizeof(float), length * sizeof(float));
        if (isValid)
        {
            MemoryMarshal.AsBytes(vector).CopyTo(target);
        }
        else
        {
            target.Clear();
        }

        Next(isValid);
    }

    public override ArrayData Build()
        => Build([], [new ArrayData(Apache.Arrow.Types.FloatType.Default, RowCount * length, 0, 0, [ArrowBuffer.Empty, Wrap(_values, RowCount * length * sizeof(float))])]);
}
