using System.Runtime.CompilerServices;
using FASTER.core;
using Mlp.Features.Online;
using Mlp.Runtime.Data;

namespace Mlp.Features.Interop;

/// <summary>
/// How long a key is in the log. FASTER 2.6.5 writes the length of a whole record over the length of its key where two writers met and one of them gave its record up: whoever goes through the log then
/// (recovery, compaction) would lose its step and read what is no record, or beyond the memory. Our keys say themselves where they end, so the true length is found again.
/// </summary>
internal sealed class RowKeyLength : IVariableLengthStruct<SpanByte>
{
    // What FASTER writes is a multiple of 8, and no record of ours is shorter: its header, a key, a length and the header of a row.
    private const int Alignment = 8;
    private const int ShortestRecord = 64;

    // Header of the record and length of the key, which are no part of what follows.
    private const int BeforeKey = 12;

    /// <inheritdoc/>
    public int GetLength(ref SpanByte t)
    {
        var length = t.Length;
        return sizeof(int) + (length % Alignment == 0 && length >= ShortestRecord && t.Serialized ? FindLength(t.AsReadOnlySpan()) : length);
    }

    /// <inheritdoc/>
    public int GetInitialLength() => sizeof(int);

    /// <inheritdoc/>
    public unsafe void Serialize(ref SpanByte source, void* destination) => source.CopyTo((byte*)destination);

    /// <inheritdoc/>
    public unsafe ref SpanByte AsRef(void* source) => ref Unsafe.AsRef<SpanByte>(source);

    /// <inheritdoc/>
    public unsafe void Initialize(void* source, void* end) => *(int*)source = (int)((byte*)end - (byte*)source) - sizeof(int);

    /// <summary>A key that ends within the record whose length stands in place of its own, or one that is as long as it says.</summary>
    private static int FindLength(ReadOnlySpan<byte> key)
        => EntityKeyEncoding.TryMeasure(key[OnlineView.KeyPrefixLength..^BeforeKey], out var length) ? OnlineView.KeyPrefixLength + length : key.Length;
}
