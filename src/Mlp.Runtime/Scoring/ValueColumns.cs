using System.Buffers;
using Mlp.Runtime.Data;
using Mlp.Runtime.Inference;

namespace Mlp.Runtime.Scoring;

/// <summary>
/// The columns of an input that is plain memory. A lone column is copied as it lies; several are turned eight at a time, part by part, so that the tensor is still in the processor's cache when
/// the model runs. Measured on 128 columns of 1,024 rows this costs no more than a transpose in the graph over one contiguous block, and it takes columns wherever they lie.
/// </summary>
/// <typeparam name="T">The element type.</typeparam>
/// <param name="readers">One per value of a row.</param>
internal sealed class ValueColumns<T>(ValueReader<T>[] readers) : InputColumns
    where T : unmanaged
{
    /// <inheritdoc/>
    public override void Write(int first, int count, InputBuffer input, FeatureRows rows)
    {
        var table = ((IInputMemory<T>)input).Memory.Span[..(count * readers.Length)];
        input.IsWritten = true;
        if (readers.Length == 1)
        {
            var values = readers[0].Read(first, count, table);
            if (!values.Overlaps(table))
            {
                values.CopyTo(table);
            }

            return;
        }

        var scratch = ArrayPool<T>.Shared.Rent(ColumnTranspose.Columns * count);
        try
        {
            var ordinal = 0;
            for (; ordinal + ColumnTranspose.Columns <= readers.Length; ordinal += ColumnTranspose.Columns)
            {
                WriteBlock(first, count, table, ordinal, scratch);
            }

            for (; ordinal < readers.Length; ordinal++)
            {
                var values = readers[ordinal].Read(first, count, scratch);
                for (var row = 0; row < values.Length; row++)
                {
                    table[(row * readers.Length) + ordinal] = values[row];
                }
            }
        }
        finally
        {
            ArrayPool<T>.Shared.Return(scratch);
        }
    }

    private void WriteBlock(int first, int count, Span<T> table, int ordinal, T[] scratch)
    {
        var columns = new ColumnSpans<T>
        {
            C0 = readers[ordinal].Read(first, count, scratch),
            C1 = readers[ordinal + 1].Read(first, count, scratch.AsSpan(count)),
            C2 = readers[ordinal + 2].Read(first, count, scratch.AsSpan(2 * count)),
            C3 = readers[ordinal + 3].Read(first, count, scratch.AsSpan(3 * count)),
            C4 = readers[ordinal + 4].Read(first, count, scratch.AsSpan(4 * count)),
            C5 = readers[ordinal + 5].Read(first, count, scratch.AsSpan(5 * count)),
            C6 = readers[ordinal + 6].Read(first, count, scratch.AsSpan(6 * count)),
            C7 = readers[ordinal + 7].Read(first, count, scratch.AsSpan(7 * count)),
        };
        ColumnTranspose.Write(columns, table, readers.Length, ordinal);
    }
}
