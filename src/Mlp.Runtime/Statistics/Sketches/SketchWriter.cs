using System.Buffers.Binary;
using System.Text;

namespace Mlp.Runtime.Statistics.Sketches;

/// <summary>Writes sketches as bytes: little-endian, whole numbers as variable-length integers of seven bits a byte. Not safe for use by several threads at once.</summary>
internal sealed class SketchWriter
{
    private const int LongestVarint = 10;

    private byte[] _bytes = new byte[256];
    private int _count;

    /// <summary>What was written.</summary>
    internal ReadOnlySpan<byte> Bytes => _bytes.AsSpan(0, _count);

    /// <summary>Begins a sketch.</summary>
    /// <param name="format">Which.</param>
    internal void WriteHeader(SketchFormat format)
    {
        Encoding.ASCII.GetBytes(format.Magic, Take(4));
        WriteByte(format.Version);
    }

    /// <summary>Writes a byte.</summary>
    /// <param name="value">The byte.</param>
    internal void WriteByte(byte value) => Take(1)[0] = value;

    /// <summary>Writes a whole number.</summary>
    /// <param name="value">The number.</param>
    internal void WriteVarint(ulong value)
    {
        Reserve(LongestVarint);
        var bytes = _bytes;
        var count = _count;
        for (; value >= 0x80; value >>= 7)
        {
            bytes[count++] = (byte)(value | 0x80);
        }

        bytes[count++] = (byte)value;
        _count = count;
    }

    /// <summary>Writes a count.</summary>
    /// <param name="value">Not negative.</param>
    internal void WriteCount(long value) => WriteVarint((ulong)value);

    /// <summary>Writes eight bytes.</summary>
    /// <param name="value">Any number.</param>
    internal void WriteDouble(double value) => BinaryPrimitives.WriteDoubleLittleEndian(Take(sizeof(double)), value);

    /// <summary>Writes eight bytes.</summary>
    /// <param name="value">Any number.</param>
    internal void WriteUInt64(ulong value) => BinaryPrimitives.WriteUInt64LittleEndian(Take(sizeof(ulong)), value);

    /// <summary>Writes a weight: few bytes where it is a whole number, which it is unless rows were sampled.</summary>
    /// <param name="value">Not negative, finite.</param>
    internal void WriteWeight(double value)
    {
        if (value < 1L << 53 && value == Math.Floor(value))
        {
            WriteVarint((ulong)value << 1);
        }
        else
        {
            WriteByte(1);
            WriteDouble(value);
        }
    }

    /// <summary>Writes bytes with their number.</summary>
    /// <param name="bytes">The bytes.</param>
    internal void WriteBytes(ReadOnlySpan<byte> bytes)
    {
        WriteVarint((ulong)bytes.Length);
        bytes.CopyTo(Take(bytes.Length));
    }

    /// <summary>Writes a text as UTF-8.</summary>
    /// <param name="text">The text.</param>
    internal void WriteText(string text) => WriteBytes(Encoding.UTF8.GetBytes(text));

    /// <summary>Room for bytes that the caller fills.</summary>
    /// <param name="count">How many.</param>
    internal Span<byte> Take(int count)
    {
        Reserve(count);
        var taken = _bytes.AsSpan(_count, count);
        _count += count;
        return taken;
    }

    private void Reserve(int count)
    {
        if (_bytes.Length - _count < count)
        {
            Array.Resize(ref _bytes, Math.Max(_bytes.Length * 2, _count + count));
        }
    }
}
