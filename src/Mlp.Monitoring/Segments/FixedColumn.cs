using System.Runtime.InteropServices;
using Apache.Arrow;
using Apache.Arrow.Types;

namespace Mlp.Monitoring.Segments;

/// <summary>A column of numbers or of times.</summary>
internal sealed class FixedColumn<T>(IArrowType type) : ColumnBuffer(type)
    where T : unmanaged
{
    private static readonly int Width = System.Runtime.CompilerServices.Unsafe.SizeOf<T>();

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
