using System.Buffers;
using Mlp.Runtime.Data;
using Mlp.Runtime.Inference;

namespace Mlp.Runtime.Scoring;

/// <summary>
/// The columns of an input that is plain memory. A lone column is copied as it lies; several are turned sixteen at a time, part by part, so that the tensor is still in the processor's cache when
/// the model runs. Measured on 128 columns of 1,024 rows this costs no more than a transpose in the graph over one contiguous block, and it takes columns wherever they lie.
/// </summary>
/// <typeparam name="T">The element type.</typeparam>
/// <param name="width">Values of a row.</param>
internal abstract class ValueColumns<T>(int width) : InputColumns
    where T : unmanaged
{
    /// <inheritdoc/>
    public override void Write(int first, int count, InputBuffer input, FeatureRows rows)
    {
        var table = ((IInputMemory<T>)input).Memory.Span[..(count * width)];
        input.IsWritten = true;
        if (width == 1)
        {
            var values = Read(0, first, count, table);
            if (!values.Overlaps(table))
            {
                values.CopyTo(table);
            }

            return;
        }

        var scratch = ArrayPool<T>.Shared.Rent(2 * ColumnTranspose.Columns * count);
        try
        {
            var ordinal = 0;
            for (; ordinal + (2 * ColumnTranspose.Columns) <= width; ordinal += 2 * ColumnTranspose.Columns)
            {
                var left = ReadEight(first, count, ordinal, scratch);
                var right = ReadEight(first, count, ordinal + ColumnTranspose.Columns, scratch.AsSpan(ColumnTranspose.Columns * count));
                ColumnTranspose.Write(left, right, table, width, ordinal);
            }

            if (ordinal + ColumnTranspose.Columns <= width)
            {
                ColumnTranspose.Write(ReadEight(first, count, ordinal, scratch), table, width, ordinal);
                ordinal += ColumnTranspose.Columns;
            }

            for (; ordinal < width; ordinal++)
            {
                var values = Read(ordinal, first, count, scratch);
                for (var row = 0; row < values.Length; row++)
                {
                    table[(row * width) + ordinal] = values[row];
                }
            }
        }
        finally
        {
            ArrayPool<T>.Shared.Return(scratch);
        }
    }

    /// <summary>Reads some rows of a column.</summary>
    /// <param name="ordinal">Which value of a row.</param>
    /// <param name="first">First row of the column.</param>
    /// <param name="count">Number of rows.</param>
    /// <param name="scratch">Room for as many values.</param>
    /// <returns>The values, in the column's own memory or in the scratch.</returns>
    protected abstract ReadOnlySpan<T> Read(int ordinal, int first, int count, Span<T> scratch);

    private ColumnSpans<T> ReadEight(int first, int count, int ordinal, Span<T> scratch)
        => new()
        {
            C0 = Read(ordinal, first, count, scratch),
            C1 = Read(ordinal + 1, first, count, scratch[count..]),
            C2 = Read(ordinal + 2, first, count, scratch[(2 * count)..]),
            C3 = Read(ordinal + 3, first, count, scratch[(3 * count)..]),
            C4 = Read(ordinal + 4, first, count, scratch[(4 * count)..]),
            C5 = Read(ordinal + 5, first, count, scratch[(5 * count)..]),
            C6 = Read(ordinal + 6, first, count, scratch[(6 * count)..]),
            C7 = Read(ordinal + 7, first, count, scratch[(7 * count)..]),
        };
}
