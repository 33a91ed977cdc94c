using System.Buffers.Binary;
using System.Text;

namespace Mlp.Runtime.Statistics.Sketches;

/// <summary>Reads what <see cref="SketchWriter"/> wrote. Whatever the bytes are, it ends with a value or with an exception.</summary>
/// <param name="bytes">The bytes.</param>
internal ref struct SketchReader(ReadOnlySpan<byte> bytes)
{
    private ReadOnlySpan<byte> _rest = bytes;

    /// <summary>Whether everything was read.</summary>
    internal readonly bool IsAtEnd => _rest.IsEmpty;

    /// <summary>What is left.</summary>
    internal readonly ReadOnlySpan<byte> Rest => _rest;

    /// <summary>How many bytes are left.</summary>
    internal readonly int RestLength => _rest.Length;

    /// <summary>Refuses what a sound writer never wrote.</summary>
    /// <param name="isSound">Whether it holds.</param>
    /// <param name="expected">What holds of all sound sketches, as a part of a sentence.</param>
    /// <exception cref="InvalidDataException">It does not hold.</exception>
    internal static void Require(bool isSound, string expected)
    {
        if (!isSound)
        {
            throw new InvalidDataException($"Expected that {expected}, but found otherwise: the bytes are damaged.");
        }
    }

    /// <summary>Checks that a sketch of a kind begins here, in a version that can be read.</summary>
    /// <param name="format">Which.</param>
    /// <returns>Its version.</returns>
    /// <exception cref="InvalidDataException">Something else begins here.</exception>
    /// <exception cref="UnsupportedFormatVersionException">A newer version of the platform wrote it.</exception>
    internal int ReadHeader(SketchFormat format)
    {
        Span<byte> magic = stackalloc byte[4];
        Encoding.ASCII.GetBytes(format.Magic, magic);
        if (_rest.Length < 5 || !_rest[..4].SequenceEqual(magic) || _rest[4] == 0)
        {
            throw new InvalidDataException($"Expected a {format.Name}, which begins with '{format.Magic}' and a version, but found something else.");
        }

        var version = _rest[4];
        _rest = _rest[5..];
        return version <= format.Version ? version : throw new UnsupportedFormatVersionException(format.Name, version, format.Version);
    }

    /// <summary>Reads a byte.</summary>
    internal byte ReadByte() => Take(1)[0];

    /// <summary>Reads a whole number.</summary>
    internal ulong ReadVarint()
    {
        var rest = _rest;
        if (!rest.IsEmpty && rest[0] < 0x80)
        {
            _rest = rest[1..];
            return rest[0];
        }

        return ReadLongVarint();
    }

    /// <summary>Reads a count.</summary>
    /// <param name="maximum">The largest that makes sense.</param>
    internal int ReadCount(int maximum)
    {
        var value = ReadVarint();
        if (value > (ulong)maximum)
        {
            // The sentence is made where it is needed only: there is a count for each register.
            Require(false, FormattableString.Invariant($"a count in a sketch is at most {maximum}"));
        }

        return (int)value;
    }

    /// <summary>Reads a count of rows.</summary>
    internal long ReadLongCount()
    {
        var value = ReadVarint();
        Require(value <= long.MaxValue, "a count of rows fits 63 bits");
        return (long)value;
    }

    /// <summary>Reads eight bytes.</summary>
    internal double ReadDouble() => BinaryPrimitives.ReadDoubleLittleEndian(Take(sizeof(double)));

    /// <summary>Reads eight bytes.</summary>
    internal ulong ReadUInt64() => BinaryPrimitives.ReadUInt64LittleEndian(Take(sizeof(ulong)));

    /// <summary>Reads a weight.</summary>
    internal double ReadWeight()
    {
        var value = ReadVarint();
        if ((value & 1) == 0)
        {
            return value >> 1;
        }

        var weight = ReadDouble();
        Require(value == 1 && weight >= 0 && double.IsFinite(weight), "a weight in a sketch is finite and not negative");
        return weight;
    }

    /// <summary>Reads bytes with their number.</summary>
    internal ReadOnlySpan<byte> ReadBytes()
    {
        var length = ReadCount(int.MaxValue);
        return Take(length);
    }

    /// <summary>Reads a text.</summary>
    internal string ReadText() => Encoding.UTF8.GetString(ReadBytes());

    /// <summary>Reads bytes.</summary>
    /// <param name="count">How many.</param>
    internal ReadOnlySpan<byte> Take(int count)
    {
        if (count > _rest.Length)
        {
            throw new InvalidDataException(FormattableString.Invariant($"Expected {count} more bytes of a sketch, but found {_rest.Length}: it was cut short."));
        }

        var taken = _rest[..count];
        _rest = _rest[count..];
        return taken;
    }

    private ulong ReadLongVarint()
    {
        var value = 0UL;
        for (var shift = 0; shift < 64; shift += 7)
        {
            var part = ReadByte();
            value |= (ulong)(part & 0x7F) << shift;
            if (part < 0x80)
            {
                return value;
            }
        }

        throw new InvalidDataException("Expected a whole number of at most ten bytes in a sketch, but found more: the bytes are damaged.");
    }
}
