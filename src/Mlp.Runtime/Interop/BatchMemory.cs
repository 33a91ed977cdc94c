using System.Buffers;
using System.Runtime.CompilerServices;
using Apache.Arrow;

namespace Mlp.Runtime.Interop;

/// <summary>
/// Tells how a record batch holds its memory. One that was read from an Arrow file or stream holds the memory of all its columns itself, and columns that were retained or sliced as shared die with
/// it; any other batch has columns that count their holders. Apache.Arrow 23 does not say which.
/// </summary>
internal static class BatchMemory
{
    /// <summary>A column for another batch, which lives as long as that one, whatever happens to this one: shared where columns count their holders, else copied.</summary>
    /// <param name="batch">The batch.</param>
    /// <param name="column">Index of the column.</param>
    public static IArrowArray Share(RecordBatch batch, int column)
    {
        var data = batch.Column(column).Data;
        return ArrowArrayFactory.BuildArray(Owner(batch) is null ? data.Retain() : data.Clone());
    }

    [UnsafeAccessor(UnsafeAccessorKind.Field, Name = "_memoryOwner")]
    private static extern ref IMemoryOwner<byte>? Owner(RecordBatch batch);
}
