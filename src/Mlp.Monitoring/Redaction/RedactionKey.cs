using System.Buffers;
using System.Buffers.Binary;
using System.Security.Cryptography;
using System.Text;

namespace Mlp.Monitoring.Redaction;

/// <summary>The secret that columns are hashed with. Immutable, thread-safe; hashing allocates nothing.</summary>
internal sealed class RedactionKey
{
    /// <summary>The fewest bytes of a key.</summary>
    public const int MinimumLength = 16;

    /// <summary>Length of a hash in hexadecimal digits.</summary>
    public const int TextLength = HMACSHA256.HashSizeInBytes * 2;

    private const int StackLength = 256;

    private readonly byte[] _key;

    /// <summary>Takes a key.</summary>
    /// <param name="key">At least <see cref="MinimumLength"/> bytes; copied.</param>
    public RedactionKey(ReadOnlySpan<byte> key)
    {
        _key = key.ToArray();
        Id = Convert.ToHexStringLower(HMACSHA256.HashData(_key, "mlp.redaction.key-id"u8))[..8];
    }

    /// <summary>Tells keys from each other: 8 hexadecimal digits from which the key does not follow.</summary>
    public string Id { get; }

    /// <summary>The hash of bytes as hexadecimal digits.</summary>
    /// <param name="value">The bytes.</param>
    /// <param name="destination">At least <see cref="TextLength"/> bytes of ASCII.</param>
    public void HashToText(ReadOnlySpan<byte> value, Span<byte> destination)
    {
        Span<byte> hash = stackalloc byte[HMACSHA256.HashSizeInBytes];
        HMACSHA256.HashData(_key, value, hash);
        Convert.TryToHexStringLower(hash, destination, out _);
    }

    /// <summary>The hash of the UTF-8 bytes of a text as hexadecimal digits.</summary>
    /// <param name="value">The text.</param>
    /// <param name="destination">At least <see cref="TextLength"/> bytes of ASCII.</param>
    public void HashToText(string value, Span<byte> destination)
    {
        var length = Encoding.UTF8.GetMaxByteCount(value.Length);
        var rented = length > StackLength ? ArrayPool<byte>.Shared.Rent(length) : null;
        try
        {
            Span<byte> utf8 = rented ?? stackalloc byte[StackLength];
            HashToText(utf8[..Encoding.UTF8.GetBytes(value, utf8)], destination);
        }
        finally
        {
            if (rented is not null)
            {
                ArrayPool<byte>.Shared.Return(rented, clearArray: true);
            }
        }
    }

    /// <summary>The first 8 bytes of an integer's hash.</summary>
    public long Hash(long value)
    {
        Span<byte> bytes = stackalloc byte[sizeof(long)];
        BinaryPrimitives.WriteInt64BigEndian(bytes, value);
        Span<byte> hash = stackalloc byte[HMACSHA256.HashSizeInBytes];
        HMACSHA256.HashData(_key, bytes, hash);
        return BinaryPrimitives.ReadInt64BigEndian(hash);
    }

    /// <summary>The first 16 bytes of a GUID's hash.</summary>
    public Guid Hash(Guid value)
    {
        Span<byte> bytes = stackalloc byte[16];
        value.TryWriteBytes(bytes, bigEndian: true, out _);
        Span<byte> hash = stackalloc byte[HMACSHA256.HashSizeInBytes];
        HMACSHA256.HashData(_key, bytes, hash);
        return new Guid(hash[..16], bigEndian: true);
    }
}
