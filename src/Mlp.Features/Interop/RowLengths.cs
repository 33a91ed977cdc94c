using FASTER.core;

namespace Mlp.Features.Interop;

/// <summary>A written row takes exactly its own length, whatever the row before it took.</summary>
internal sealed class RowLengths : IVariableLengthStruct<SpanByte, SpanByte>
{
    /// <inheritdoc/>
    public int GetInitialLength(ref SpanByte input) => sizeof(int) + input.Length;

    /// <inheritdoc/>
    public int GetLength(ref SpanByte value, ref SpanByte input) => sizeof(int) + input.Length;
}
