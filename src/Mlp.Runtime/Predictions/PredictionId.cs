using System.Buffers.Binary;
using System.Diagnostics.CodeAnalysis;
using System.Globalization;
using System.Text.Json.Serialization;

namespace Mlp.Runtime.Predictions;

/// <summary>
/// Identifies one prediction: a UUID version 7 (RFC 9562), 16 bytes big-endian, so that ids sort by time. In JSON, in routes and in forms it is the text form of the UUID.
/// Immutable.
/// </summary>
[JsonConverter(typeof(PredictionIdJsonConverter))]
public readonly struct PredictionId : IEquatable<PredictionId>, IComparable<PredictionId>, ISpanParsable<PredictionId>
{
    /// <summary>Bytes of an id.</summary>
    public const int ByteCount = 16;

    /// <summary>An id, for sentences that ask for one.</summary>
    internal const string Example = "01980c3e-7b3a-7f00-8000-000000000001";

    /// <summary>What is said of a text that is none.</summary>
    internal const string NoId = $"Expected the id of a prediction, such as {Example}, but found another text.";

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
        return Parse(text.AsSpan(), provider: null);
    }

    /// <summary>Reads the text form.</summary>
    /// <param name="s">The text form of a UUID.</param>
    /// <param name="provider">Has no effect.</param>
    /// <returns>The id.</returns>
    /// <exception cref="FormatException">The text is not a UUID.</exception>
    public static PredictionId Parse(ReadOnlySpan<char> s, IFormatProvider? provider) => TryParse(s, provider, out var id) ? id : throw new FormatException(NoId);

    /// <summary>Reads the text form.</summary>
    /// <param name="s">The text form of a UUID.</param>
    /// <param name="provider">Has no effect.</param>
    /// <param name="result">The id.</param>
    /// <returns>Whether the text is a UUID.</returns>
    public static bool TryParse(ReadOnlySpan<char> s, IFormatProvider? provider, out PredictionId result)
    {
        if (!Guid.TryParse(s, CultureInfo.InvariantCulture, out var id))
        {
            result = default;
            return false;
        }

        Span<byte> bytes = stackalloc byte[ByteCount];
        id.TryWriteBytes(bytes, bigEndian: true, out _);
        result = Read(bytes);
        return true;
    }

    /// <summary>Reads the text form.</summary>
    /// <param name="s">The text form of a UUID; null is none.</param>
    /// <param name="provider">Has no effect.</param>
    /// <param name="result">The id.</param>
    /// <returns>Whether the text is a UUID.</returns>
    public static bool TryParse([NotNullWhen(true)] string? s, IFormatProvider? provider, out PredictionId result) => TryParse(s.AsSpan(), provider, out result);

    static PredictionId IParsable<PredictionId>.Parse(string s, IFormatProvider? provider) => Parse(s);

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
