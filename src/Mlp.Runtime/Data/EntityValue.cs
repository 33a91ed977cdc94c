using System.Globalization;

namespace Mlp.Runtime.Data;

/// <summary>One part of an entity key: an integer, a text, a GUID or null. Immutable and free of allocation.</summary>
public readonly struct EntityValue : IEquatable<EntityValue>
{
    private readonly Guid _guid;
    private readonly long _int64;
    private readonly string? _string;

    private EntityValue(EntityValueKind kind, long int64 = 0, string? text = null, Guid guid = default)
    {
        Kind = kind;
        _int64 = int64;
        _string = text;
        _guid = guid;
    }

    /// <summary>The null key, which is also the default value.</summary>
    public static EntityValue Null => default;

    /// <summary>The kind of the value.</summary>
    public EntityValueKind Kind { get; }

    /// <summary>Whether there is no value.</summary>
    public bool IsNull => Kind == EntityValueKind.Null;

    /// <summary>Wraps an integer.</summary>
    /// <param name="value">The integer.</param>
    public static implicit operator EntityValue(long value) => FromInt64(value);

    /// <summary>Wraps an integer that may be absent.</summary>
    /// <param name="value">The integer, or null.</param>
    public static implicit operator EntityValue(long? value) => value is { } present ? FromInt64(present) : default;

    /// <summary>Wraps a text; null stays null, and the empty text is a value.</summary>
    /// <param name="value">The text, or null.</param>
    public static implicit operator EntityValue(string? value) => FromString(value);

    /// <summary>Wraps a GUID.</summary>
    /// <param name="value">The GUID.</param>
    public static implicit operator EntityValue(Guid value) => FromGuid(value);

    /// <summary>Equality by kind and value.</summary>
    /// <param name="left">One value.</param>
    /// <param name="right">The other.</param>
    public static bool operator ==(EntityValue left, EntityValue right) => left.Equals(right);

    /// <summary>Inequality by kind and value.</summary>
    /// <param name="left">One value.</param>
    /// <param name="right">The other.</param>
    public static bool operator !=(EntityValue left, EntityValue right) => !left.Equals(right);

    /// <summary>Wraps an integer.</summary>
    /// <param name="value">The integer.</param>
    /// <returns>The key part.</returns>
    public static EntityValue FromInt64(long value) => new(EntityValueKind.Int64, int64: value);

    /// <summary>Wraps a text.</summary>
    /// <param name="value">The text, or null.</param>
    /// <returns>The key part; <see cref="Null"/> for null.</returns>
    public static EntityValue FromString(string? value) => value is null ? default : new(EntityValueKind.String, text: value);

    /// <summary>Wraps a GUID.</summary>
    /// <param name="value">The GUID.</param>
    /// <returns>The key part.</returns>
    public static EntityValue FromGuid(Guid value) => new(EntityValueKind.Guid, guid: value);

    /// <summary>The integer.</summary>
    /// <returns>The value.</returns>
    /// <exception cref="InvalidOperationException">The value is of another kind.</exception>
    public long AsInt64() => Kind == EntityValueKind.Int64 ? _int64 : throw WrongKind(EntityValueKind.Int64);

    /// <summary>The text.</summary>
    /// <returns>The value.</returns>
    /// <exception cref="InvalidOperationException">The value is of another kind.</exception>
    public string AsString() => Kind == EntityValueKind.String ? _string! : throw WrongKind(EntityValueKind.String);

    /// <summary>The GUID.</summary>
    /// <returns>The value.</returns>
    /// <exception cref="InvalidOperationException">The value is of another kind.</exception>
    public Guid AsGuid() => Kind == EntityValueKind.Guid ? _guid : throw WrongKind(EntityValueKind.Guid);

    /// <inheritdoc/>
    public bool Equals(EntityValue other)
        => Kind == other.Kind && _int64 == other._int64 && _guid == other._guid && string.Equals(_string, other._string, StringComparison.Ordinal);

    /// <inheritdoc/>
    public override bool Equals(object? obj) => obj is EntityValue other && Equals(other);

    /// <inheritdoc/>
    public override int GetHashCode() => HashCode.Combine(Kind, _int64, _string, _guid);

    /// <inheritdoc/>
    public override string ToString() => Kind switch
    {
        EntityValueKind.Int64 => _int64.ToString(CultureInfo.InvariantCulture),
        EntityValueKind.String => _string!,
        EntityValueKind.Guid => _guid.ToString(),
        _ => "(null)",
    };

    private InvalidOperationException WrongKind(EntityValueKind expected)
        => new($"Expected an entity key part of kind {expected}, but found {Kind}.");
}
