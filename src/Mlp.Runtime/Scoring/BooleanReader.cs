using Apache.Arrow;

namespace Mlp.Runtime.Scoring;

/// <summary>Reads truth values, which Arrow keeps as bits and a tensor as bytes.</summary>
internal sealed class BooleanReader(SourceColumn column, bool missing) : ValueReader<bool>(column, missing)
{
    private readonly BooleanArray _array = (BooleanArray)column.Array;

    /// <inheritdoc/>
    protected override ReadOnlySpan<bool> ReadValues(int first, int count, Span<bool> scratch)
    {
        // Values would end by the length, without regard to the offset.
        var bits = _array.ValueBuffer.Span;
        var at = _array.Offset + first;
        for (var row = 0; row < count; row++, at++)
        {
            scratch[row] = (bits[at >> 3] & (1 << (at & 7))) != 0;
        }

        return scratch;
    }
}
