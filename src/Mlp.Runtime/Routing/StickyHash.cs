using System.Buffers;
using System.IO.Hashing;
using Mlp.Runtime.Data;

namespace Mlp.Runtime.Routing;

/// <summary>
/// The bucket of an entity key: XxHash128 (seed 0) over the canonical encoding of the salt, as a key of one text, and then that of the key (<see cref="EntityKeyEncoding"/>), read as a 128-bit
/// number and divided by 10,000: the remainder. The same in every process and on every platform. Immutable and thread-safe; allocates nothing.
/// </summary>
internal sealed class StickyHash
{
    private const int StackBytes = 256;

    /// <summary>2^64 modulo the number of buckets.</summary>
    private const ulong HighWeight = 1_616;

    private readonly byte[] _prefix;

    /// <summary>Makes the hash.</summary>
    /// <param name="salt">The salt of the route.</param>
    public StickyHash(string salt)
    {
        EntityValue[] key = [salt];
        var encoded = new byte[EntityKeyEncoding.GetMaximumLength(key)];
        _prefix = encoded[..EntityKeyEncoding.Encode(key, encoded)];
    }

    /// <summary>The bucket of a key. Null parts are parts like any other.</summary>
    /// <param name="key">The parts.</param>
    /// <returns>0 to 9,999.</returns>
    /// <exception cref="ArgumentException">There are too many parts, or a text is no valid Unicode.</exception>
    public int BucketOf(ReadOnlySpan<EntityValue> key)
    {
        var length = _prefix.Length + EntityKeyEncoding.GetMaximumLength(key);
        if (length <= StackBytes)
        {
            Span<byte> bytes = stackalloc byte[StackBytes];
            return BucketOf(key, bytes);
        }

        var rented = ArrayPool<byte>.Shared.Rent(length);
        try
        {
            return BucketOf(key, rented);
        }
        finally
        {
            ArrayPool<byte>.Shared.Return(rented);
        }
    }

    /// <summary>The bucket of a key, or -1 for one that has none: then the champion answers, and tells its caller what is wrong with the key.</summary>
    /// <param name="key">The parts.</param>
    public int FindBucket(ReadOnlySpan<EntityValue> key)
    {
        try
        {
            return BucketOf(key);
        }
        catch (ArgumentException)
        {
            return -1;
        }
    }

    private int BucketOf(ReadOnlySpan<EntityValue> key, Span<byte> bytes)
    {
        _prefix.CopyTo(bytes);
        var length = _prefix.Length + EntityKeyEncoding.Encode(key, bytes[_prefix.Length..]);
        var hash = XxHash128.HashToUInt128(bytes[..length]);
        const ulong Buckets = ModelRoute.WholeBasisPoints;

        // The remainder of the whole number, without a division of 128 bits.
        return (int)((((ulong)(hash >> 64) % Buckets * HighWeight) + ((ulong)hash % Buckets)) % Buckets);
    }
}
