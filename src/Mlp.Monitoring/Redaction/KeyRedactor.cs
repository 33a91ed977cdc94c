using System.Buffers;
using System.Buffers.Binary;
using System.Text;
using Mlp.Runtime.Data;

namespace Mlp.Monitoring.Redaction;

/// <summary>Redacts the parts of entity keys, those of predictions and those of labels alike, so that the two still meet. Immutable and thread-safe.</summary>
internal sealed class KeyRedactor
{
    private const int StackLength = 256;

    private readonly ColumnRedaction?[] _parts;
    private readonly RedactionKey? _key;

    private KeyRedactor(ColumnRedaction?[] parts, RedactionKey? key)
    {
        _parts = parts;
        _key = key;
    }

    /// <summary>The redactor of a model's keys, or null where no part of them is redacted.</summary>
    /// <param name="configuration">The redaction of the model, or null.</param>
    /// <param name="keys">The parts of its key, in order.</param>
    public static KeyRedactor? For(RedactionConfiguration? configuration, IReadOnlyList<KeyColumn> keys)
        => configuration is not null && keys.Any(k => configuration.Columns.ContainsKey(k.Name))
            ? new([.. keys.Select(k => configuration.Columns.TryGetValue(k.Name, out var column) ? column : (ColumnRedaction?)null)], configuration.Key)
            : null;

    /// <summary>Whether keys that differ can become one, so that a key does not name an entity any more.</summary>
    public bool IsLossy => Array.Exists(_parts, p => p is { Kind: not RedactionKind.Hash });

    /// <summary>A length that is enough for <see cref="Encode"/>.</summary>
    public static int GetMaximumLength(ReadOnlySpan<EntityValue> key) => EntityKeyEncoding.GetMaximumLength(key) + (key.Length * (sizeof(int) + RedactionKey.TextLength));

    /// <summary>Writes the canonical encoding of a redacted key. Nothing of the key itself is written to the destination. Allocates nothing.</summary>
    /// <param name="key">The parts.</param>
    /// <param name="destination">At least <see cref="GetMaximumLength"/> bytes.</param>
    /// <returns>Bytes written.</returns>
    public int Encode(ReadOnlySpan<EntityValue> key, Span<byte> destination)
    {
        destination[0] = checked((byte)key.Length);
        var position = 1;
        for (var i = 0; i < key.Length; i++)
        {
            position += IsHashedText(key, i) ? WriteHash(key[i].AsString(), destination[position..]) : WritePart(RedactNumber(key, i), destination[position..]);
        }

        return position;
    }

    /// <summary>A redacted key.</summary>
    /// <param name="key">The parts.</param>
    public EntityValue[] Redact(ReadOnlySpan<EntityValue> key)
    {
        var redacted = new EntityValue[key.Length];
        Span<byte> hash = stackalloc byte[1 + sizeof(int) + RedactionKey.TextLength];
        for (var i = 0; i < key.Length; i++)
        {
            if (IsHashedText(key, i))
            {
                redacted[i] = Encoding.ASCII.GetString(hash[(hash.Length - RedactionKey.TextLength)..WriteHash(key[i].AsString(), hash)]);
            }
            else
            {
                redacted[i] = RedactNumber(key, i);
            }
        }

        return redacted;
    }

    private bool IsHashedText(ReadOnlySpan<EntityValue> key, int index)
        => key.Length == _parts.Length && _parts[index] is { Kind: RedactionKind.Hash } && key[index].Kind == EntityValueKind.String;

    /// <summary>A part that does not become a text. Of a key that has another number of parts nobody knows which are personal, so nothing of it is kept.</summary>
    private EntityValue RedactNumber(ReadOnlySpan<EntityValue> key, int index)
    {
        if (key.Length != _parts.Length)
        {
            return default;
        }

        var part = key[index];
        return (_parts[index], part.Kind) switch
        {
            (null, _) => part,
            ({ Kind: RedactionKind.Hash }, EntityValueKind.Int64) => EntityValue.FromInt64(_key!.Hash(part.AsInt64())),
            ({ Kind: RedactionKind.Hash }, EntityValueKind.Guid) => EntityValue.FromGuid(_key!.Hash(part.AsGuid())),
            ({ Kind: RedactionKind.Bucket } bucket, EntityValueKind.Int64) => EntityValue.FromInt64(bucket.Floor(part.AsInt64())),
            _ => default,
        };
    }

    private int WriteHash(string text, Span<byte> destination)
    {
        destination[0] = (byte)EntityValueKind.String;
        BinaryPrimitives.WriteInt32BigEndian(destination[1..], RedactionKey.TextLength);
        _key!.HashToText(text, destination[(1 + sizeof(int))..]);
        return 1 + sizeof(int) + RedactionKey.TextLength;
    }

    /// <summary>A part as it stands in a canonical key: without the count of parts in front of it.</summary>
    private static int WritePart(EntityValue part, Span<byte> destination)
    {
        var length = EntityKeyEncoding.GetMaximumLength([part]);
        var rented = length > StackLength ? ArrayPool<byte>.Shared.Rent(length) : null;
        try
        {
            Span<byte> encoded = rented ?? stackalloc byte[StackLength];
            var written = EntityKeyEncoding.Encode([part], encoded);
            encoded[1..written].CopyTo(destination);
            return written - 1;
        }
        finally
        {
            if (rented is not null)
            {
                ArrayPool<byte>.Shared.Return(rented, clearArray: true);
            }
        }
    }
}
