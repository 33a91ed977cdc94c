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

    /// <summary>The rows so far, null rows as 0.</summary>
    public ReadOnlySpan<T> Values => MemoryMarshal.Cast<byte, T>(_values.AsSpan(0, RowCount * Width));

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

    /// <summary>Adds one value many times.</summary>
    public void Repeat(T value, int count)
    {
        MemoryMarshal.Cast<byte, T>(Grow(ref _values, RowCount * Width, count * Width)).Fill(value);
        NextAll(count);
    }

    /// <summary>Adds a value of each record.</summary>
    /// <param name="memory">Memory with the records, aligned to the width.</param>
    /// <param name="records">Where they begin, aligned alike.</param>
    /// <param name="offset">Where the value lies in a record, aligned alike.</param>
    public void AppendAll(ReadOnlySpan<byte> memory, ReadOnlySpan<int> records, int offset)
    {
        var target = MemoryMarshal.Cast<byte, T>(Grow(ref _values, RowCount * Width, records.Length * Width));
        var source = MemoryMarshal.Cast<byte, T>(memory);
        for (var i = 0; i < target.Length && i < records.Length; i++)
        {
            target[i] = source[(int)((uint)(records[i] + offset) / (uint)Width)];
        }

        NextAll(records.Length);
    }

    public override ArrayData Build() => Build([Wrap(_values, RowCount * Width)]);
}
