using System.Buffers.Binary;
using System.Text;

namespace Mlp.Runtime.Data;

/// <summary>
/// The one canonical encoding of an entity key, used by the online store, the offline join, hashes and labels:
/// <c>[part count: 1 byte]</c>, then per part <c>[tag: 1 byte]</c> and its payload: nothing for null, 8 bytes big-endian for an integer,
/// 16 bytes big-endian for a GUID, a 4-byte big-endian length and the UTF-8 bytes for a text. Two keys are equal exactly if their bytes are.
/// </summary>
public static class EntityKeyEncoding
{
    /// <summary>The greatest number of parts of a key.</summary>
    public const int MaximumParts = 255;

    /// <summary>The usual encoding would write one replacement character for every lone surrogate, and so one key for different texts.</summary>
    private static readonly UTF8Encoding Utf8 = new(encoderShouldEmitUTF8Identifier: false, throwOnInvalidBytes: true);

    /// <summary>Whether any part is null, in which case no entity is meant and every feature reads Missing.</summary>
    /// <param name="key">The parts, in the order of the view's keys.</param>
    /// <returns>True if a part is null.</returns>
    public static bool ContainsNull(ReadOnlySpan<EntityValue> key)
    {
        foreach (ref readonly var part in key)
        {
            if (part.IsNull)
            {
                return true;
            }
        }

        return false;
    }

    /// <summary>A length in bytes that is enough for <see cref="Encode"/>; cheap and not always tight.</summary>
    /// <param name="key">The parts.</param>
    /// <returns>Bytes.</returns>
    public static int GetMaximumLength(ReadOnlySpan<EntityValue> key)
    {
        var length = 1;
        foreach (ref readonly var part in key)
        {
            length += 1 + part.Kind switch
            {
                EntityValueKind.Int64 => 8,
                EntityValueKind.Guid => 16,
                EntityValueKind.String => 4 + (part.AsString().Length * 3),
                _ => 0,
            };
        }

        return length;
    }

    /// <summary>Writes the encoding of a key. Allocates nothing.</summary>
    /// <param name="key">The parts, at most <see cref="MaximumParts"/>.</param>
    /// <param name="destination">At least <see cref="GetMaximumLength"/> bytes.</param>
    /// <returns>Bytes written.</returns>
    /// <exception cref="ArgumentException">There are too many parts, a text is no valid Unicode, or the destination is too short.</exception>
    public static int Encode(ReadOnlySpan<EntityValue> key, Span<byte> destination)
    {
        if (key.Length > MaximumParts)
        {
            throw new ArgumentException($"Expected at most {MaximumParts} key parts, but found {key.Length}.", nameof(key));
        }

        destination[0] = (byte)key.Length;
        var position = 1;
        foreach (ref readonly var part in key)
        {
            destination[position++] = (byte)part.Kind;
            switch (part.Kind)
            {
                case EntityValueKind.Int64:
                    BinaryPrimitives.WriteInt64BigEndian(destination[position..], part.AsInt64());
                    position += 8;
                    break;
                case EntityValueKind.Guid:
                    part.AsGuid().TryWriteBytes(destination[position..], bigEndian: true, out _);
                    position += 16;
                    break;
                case EntityValueKind.String:
                    var written = EncodeText(part.AsString(), destination[(position + 4)..]);
                    BinaryPrimitives.WriteInt32BigEndian(destination[position..], written);
                    position += 4 + written;
                    break;
            }
        }

        return position;
    }

    /// <summary>Reads a key back.</summary>
    /// <param name="encoded">Bytes written by <see cref="Encode"/>.</param>
    /// <returns>The parts.</returns>
    /// <exception cref="FormatException">The bytes are not a canonical key.</exception>
    public static EntityValue[] Decode(ReadOnlySpan<byte> encoded)
    {
        if (encoded.IsEmpty)
        {
            throw new FormatException("Expected an encoded entity key, but found no bytes.");
        }

        var parts = new EntityValue[encoded[0]];
        var rest = encoded[1..];
        for (var i = 0; i < parts.Length; i++)
        {
            parts[i] = DecodePart(ref rest, i);
        }

        return rest.IsEmpty ? parts : throw new FormatException($"Expected an entity key of {parts.Length} parts, but {rest.Length} bytes follow it.");
    }

    /// <summary>The length of the key that bytes begin with.</summary>
    /// <param name="bytes">Bytes written by <see cref="Encode"/>, and whatever follows them.</param>
    /// <param name="length">Length of the key.</param>
    /// <returns>False if the bytes end before it, or begin with no key.</returns>
    internal static bool TryMeasure(ReadOnlySpan<byte> bytes, out int length)
    {
        length = 1;
        for (var part = bytes.IsEmpty ? 0 : bytes[0]; part > 0 && length < bytes.Length; part--)
        {
            var payload = (EntityValueKind)bytes[length++] switch
            {
                EntityValueKind.Null => 0,
                EntityValueKind.Int64 => 8,
                EntityValueKind.Guid => 16,
                EntityValueKind.String when bytes.Length - length >= 4 => 4L + BinaryPrimitives.ReadUInt32BigEndian(bytes[length..]),
                _ => int.MaxValue,
            };
            if (payload > bytes.Length - length)
            {
                return false;
            }

            length += (int)payload;
            if (part == 1)
            {
                return true;
            }
        }

        return length == 1 && !bytes.IsEmpty && bytes[0] == 0;
    }

    private static int EncodeText(string text, Span<byte> destination)
    {
        try
        {
            return Utf8.GetBytes(text, destination);
        }
        catch (EncoderFallbackException e)
        {
            // The inner exception names the position, not the text.
            throw new ArgumentException($"Expected the texts of an entity key to be valid Unicode, but found a surrogate without its pair at position {e.Index}.", e);
        }
    }

    private static string DecodeText(ReadOnlySpan<byte> utf8, int index)
    {
        try
        {
            return Utf8.GetString(utf8);
        }
        catch (DecoderFallbackException e)
        {
            throw new FormatException($"Expected UTF-8 in part {index} of an entity key, but found other bytes.", e);
        }
    }

    private static EntityValue DecodePart(ref ReadOnlySpan<byte> rest, int index)
    {
        var kind = (EntityValueKind)Take(ref rest, 1, index)[0];
        switch (kind)
        {
            case EntityValueKind.Null:
                return default;
            case EntityValueKind.Int64:
                return BinaryPrimitives.ReadInt64BigEndian(Take(ref rest, 8, index));
            case EntityValueKind.Guid:
                return new Guid(Take(ref rest, 16, index), bigEndian: true);
            case EntityValueKind.String:
                var length = BinaryPrimitives.ReadInt32BigEndian(Take(ref rest, 4, index));
                return DecodeText(Take(ref rest, length, index), index);
            default:
                throw new FormatException($"Expected a key part tag of 0 to 3, but found {(byte)kind} at part {index}.");
        }
    }

    private static ReadOnlySpan<byte> Take(ref ReadOnlySpan<byte> rest, int length, int index)
    {
        if (length < 0 || length > rest.Length)
        {
            throw new FormatException($"Expected {length} more bytes in part {index} of an entity key, but found {rest.Length}.");
        }

        var taken = rest[..length];
        rest = rest[length..];
        return taken;
    }
}
