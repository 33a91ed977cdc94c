using System.IO.Hashing;
using FASTER.core;

namespace Mlp.Features.Interop;

/// <summary>Keys by their bytes, hashed by XxHash3. The hash is part of the checkpoints and never changes.</summary>
internal sealed class RowKeyComparer : IFasterEqualityComparer<SpanByte>
{
    /// <inheritdoc/>
    public long GetHashCode64(ref SpanByte key) => (long)XxHash3.HashToUInt64(key.AsReadOnlySpan());

    /// <inheritdoc/>
    public bool Equals(ref SpanByte left, ref SpanByte right) => left.AsReadOnlySpan().SequenceEqual(right.AsReadOnlySpan());
}
