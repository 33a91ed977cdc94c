using System.Buffers.Binary;
using System.Globalization;

namespace Mlp.Runtime.Predictions;

/// <summary>
/// Identifies one prediction: a UUID version 7 (RFC 9562), 16 bytes big-endian, so that ids sort by time. Immutable.
/// </summary>
public readonly struct PredictionId : IEquatable<PredictionId>, IComparable<PredictionId>
{
    /// <summary>Bytes of an id.</summary>
    public const int ByteCount = 16;

    private readonly ulong _high;
    private readonly ulong _low;

    /// <summary>Makes an id of its two halves.</summary>
    /// <param name="high">The first 8 bytes: 48 bits of Unix milliseconds, version, 12 bits.</param>
    /// <param name="low">The last 8 bytes: variant and 62 bits.</param>
    public PredictionId(ulong high, ulong low)
    {
        _high = high;
        _low = low;
    }

    /// <summary>Equality.</summary>
    /// <param name="left">One id.</param>
    /// <param name="right">The other.</param>
    public static bool operator ==(PredictionId left, PredictionId right) => left.Equals(right);

    /// <summary>Inequality.</summary>
    /// <param name="left">One id.</param>
    /// <param name="right">The other.</param>
    public static bool operator !=(PredictionId left, PredictionId right) => !left.Equals(right);

    /// <summary>Order by bytes.</summary>
    /// <param name="left">One id.</param>
    /// <param name="right">The other.</param>
    public static bool operator <(PredictionId left, PredictionId right) => left.CompareTo(right) < 0;

    /// <summary>Order by bytes.</summary>
    /// <param name="left">One id.</param>
    /// <param name="right">The other.</param>
    public static bool operator >(PredictionId left, PredictionId right) => left.CompareTo(right) > 0;

    /// <summary>Order by bytes.</summary>
    /// <param name="left">One id.</param>
    /// <param name="right">The other.</param>
    public static bool operator <=(PredictionId left, PredictionId right) => left.CompareTo(right) <= 0;

    /// <summary>Order by bytes.</summary>
    /// <param name="left">One id.</param>
    /// <param name="right">The other.</param>
    public static bool operator >=(PredictionId left, PredictionId right) => left.CompareTo(right) >= 0;

    /// <summary>Reads 16 bytes.</summary>
    /// <param name="bytes">At least 16 bytes, big-endian.</param>
    /// <returns>The id.</returns>
    public static PredictionId Read(ReadOnlySpan<byte> bytes)
        => new(BinaryPrimitives.ReadUInt64BigEndian(bytes), BinaryPrimitives.ReadUInt64BigEndian(bytes[8..]));

    /// <summary>Reads the text form, for example <c>01980c3e-7b3a-7f00-8000-000000000001</c>.</summary>
    /// <param name="text">The text form of a UUID.</param>
    /// <returns>The id.</returns>
    /// <exception cref="ArgumentNullException">There is no text.</exception>
    /// <exception cref="FormatException">The text is not a UUID.</exception>
    public static PredictionId Parse(string text)
    {
        ArgumentNullException.ThrowIfNull(text);
        if (!Guid.TryParse(text, CultureInfo.InvariantCulture, out var id))
        {
            throw new FormatException("Expected the id of a prediction, such as 01980c3e-7b3a-7f00-8000-000000000001, but found another text.");
        }

        Span<byte> bytes = stackalloc byte[ByteCount];
        id.TryWriteBytes(bytes, bigEndian: true, out _);
        return Read(bytes);
    }

    /// <summary>Writes 16 bytes.</summary>
    /// <param name="destination">At least 16 bytes.</param>
    public void Write(Span<byte> destination)
    {
        BinaryPrimitives.WriteUInt64BigEndian(destination, _high);
        BinaryPrimitives.WriteUInt64BigEndian(destination[8..], _low);
    }

    /// <summary>The id that is greater by one, which keeps version and variant but at the end of 2^62 successors.</summary>
    internal PredictionId Successor() => new(_low == ulong.MaxValue ? _high + 1 : _high, _low + 1);

    /// <summary>The same id as a GUID.</summary>
    /// <returns>The GUID with the same text form.</returns>
    public Guid ToGuid()
    {
        Span<byte> bytes = stackalloc byte[ByteCount];
        Write(bytes);
        return new Guid(bytes, bigEndian: true);
    }

    /// <inheritdoc/>
    public bool Equals(PredictionId other) => _high == other._high && _low == other._low;

    /// <inheritdoc/>
    public override bool Equals(object? obj) => obj is PredictionId other && Equals(other);

    /// <inheritdoc/>
    public int CompareTo(PredictionId other) => _high != other._high ? _high.CompareTo(other._high) : _low.CompareTo(other._low);

    /// <inheritdoc/>
    public override int GetHashCode() => HashCode.Combine(_high, _low);

    /// <inheritdoc/>
    public override string ToString() => ToGuid().ToString();
}
