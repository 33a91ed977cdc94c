using System.IO.Hashing;
using System.Runtime.InteropServices;
using System.Text;
using Mlp.Runtime.Predictions;

namespace Mlp.Monitoring.Labels;

/// <summary>
/// What a label is about, in 16 bytes: the id of the served answer, or the hash of a model, an entity key and an event time. The hash is XxHash128 with the bits of a UUID version 8, so that it meets no
/// prediction id; two entities meet with a chance of one in 2^122. In memory only.
/// </summary>
internal static class LabelTarget
{
    private const ulong VersionMask = 0xF000;
    private const ulong Version8 = 0x8000;
    private const ulong VariantMask = 0xC000_0000_0000_0000;
    private const ulong Variant = 0x8000_0000_0000_0000;

    /// <summary>The target of an entity.</summary>
    /// <param name="hash">Is used and reset.</param>
    /// <param name="model">Name of the model.</param>
    /// <param name="key">The canonical key.</param>
    /// <param name="eventTime">Microseconds.</param>
    public static PredictionId OfEntity(XxHash128 hash, ReadOnlySpan<char> model, ReadOnlySpan<byte> key, long eventTime)
    {
        // A name has at most 100 letters of one byte each.
        Span<byte> name = stackalloc byte[Encoding.UTF8.GetMaxByteCount(model.Length)];
        hash.Append(name[..Encoding.UTF8.GetBytes(model, name)]);
        hash.Append([0]);
        hash.Append(MemoryMarshal.AsBytes(new ReadOnlySpan<long>(in eventTime)));
        hash.Append(key);
        Span<byte> bytes = stackalloc byte[PredictionId.ByteCount];
        hash.GetHashAndReset(bytes);
        var high = MemoryMarshal.Read<ulong>(bytes);
        var low = MemoryMarshal.Read<ulong>(bytes[8..]);
        return new PredictionId((high & ~VersionMask) | Version8, (low & ~VariantMask) | Variant);
    }
}
