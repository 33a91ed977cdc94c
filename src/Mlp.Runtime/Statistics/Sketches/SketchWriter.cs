using System.Buffers;
using System.Buffers.Binary;
using System.Text;

namespace Mlp.Runtime.Statistics.Sketches;

/// <summary>Writes sketches as bytes: little-endian, whole numbers as variable-length integers of seven bits a byte.</summary>
internal sealed class SketchWriter
{
    private readonly ArrayBufferWriter<byte> _bytes = new();

    /// <summary>What was written.</summary>
    internal ReadOnlySpan<byte> Bytes => _bytes.WrittenSpan;

    /// <summary>Begins a sketch.</summary>
    /// <param name="format">Which.</param>
    internal void WriteHeader(SketchFormat format)
    {
        Encoding.ASCII.GetBytes(format.Magic, _bytes);
        WriteByte(format.Version);
    }

    /// <summary>Writes a byte.</summary>
    /// <param name="value">The byte.</param>
    internal void WriteByte(byte value) => _bytes.Write([value]);

    /// <summary>Writes a whole number.</summary>
    /// <param name="value">The number.</param>
    internal void WriteVarint(ulong value)
    {
        for (; value >= 0x80; value >>= 7)
        {
            WriteByte((byte)(value | 0x80));
        }

        WriteByte((byte)value);
    }

    /// <summary>Writes a count.</summary>
    /// <param name="value">Not negative.</param>
    internal void WriteCount(long value) => WriteVarint((ulong)value);

    /// <summary>Writes eight bytes.</summary>
    /// <param name="value">Any number.</param>
    internal void WriteDouble(double value)
    {
        BinaryPrimitives.WriteDoubleLittleEndian(_bytes.GetSpan(sizeof(double)), value);
        _bytes.Advance(sizeof(double));
    }

    /// <summary>Writes eight bytes.</summary>
    /// <param name="value">Any number.</param>
    internal void WriteUInt64(ulong value)
    {
        BinaryPrimitives.WriteUInt64LittleEndian(_bytes.GetSpan(sizeof(ulong)), value);
        _bytes.Advance(sizeof(ulong));
    }

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
        _bytes.Write(bytes);
    }

    /// <summary>Writes a text as UTF-8.</summary>
    /// <param name="text">The text.</param>
    internal void WriteText(string text) => WriteBytes(Encoding.UTF8.GetBytes(text));
}
