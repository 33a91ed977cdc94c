using Apache.Arrow;

namespace Mlp.Runtime.Scoring;

/// <summary>Reads uint64 as int64, in which the upper half of its values does not exist.</summary>
/// <param name="column">The column.</param>
/// <param name="missing">What stands for null.</param>
/// <param name="where">The feature and the model, for messages.</param>
internal sealed class UInt64Reader(SourceColumn column, long missing, string where) : ValueReader<long>(column, missing)
{
    private readonly UInt64Array _array = (UInt64Array)column.Array;

    /// <inheritdoc/>
    protected override ReadOnlySpan<long> ReadValues(int first, int count, Span<long> scratch)
    {
        var values = _array.Values.Slice(first, count);
        for (var row = 0; row < values.Length; row++)
        {
            scratch[row] = unchecked((long)values[row]);
            if (scratch[row] < 0 && !IsNull(first + row))
            {
                throw new ArgumentException(
                    FormattableString.Invariant($"Expected uint64 values of at most 2^63 - 1 for {where}, but found a greater one in row {Column.FirstRow + first + row}."));
            }
        }

        return scratch;
    }
}
