using System.Runtime.InteropServices;
using Apache.Arrow;
using Apache.Arrow.Types;

namespace Mlp.Training.Sampling;

/// <summary>
/// Copies rows of Arrow batches into a new one. It takes the column types that a training set can have: numbers, times and other values of whole bytes, truth values, texts, and vectors of them.
/// </summary>
internal static class RowGather
{
    /// <summary>Copies rows, in the order given.</summary>
    /// <param name="schema">Schema of all batches.</param>
    /// <param name="batches">Where the rows are.</param>
    /// <param name="rows">Per row of the result, the batch and the row in it; a row may occur more than once.</param>
    /// <returns>A batch of its own memory, which the caller disposes of.</returns>
    /// <exception cref="TrainingDataException">A column has another type.</exception>
    public static RecordBatch Gather(Schema schema, IReadOnlyList<RecordBatch> batches, ReadOnlySpan<(int Batch, int Row)> rows)
    {
        var columns = new IArrowArray[schema.FieldsList.Count];
        var parts = new ArrayData[batches.Count];
        for (var column = 0; column < columns.Length; column++)
        {
            for (var i = 0; i < parts.Length; i++)
            {
                parts[i] = batches[i].Column(column).Data;
            }

            columns[column] = ArrowArrayFactory.BuildArray(Column(schema.GetFieldByIndex(column), parts, rows));
        }

        return new RecordBatch(schema, columns, rows.Length);
    }

    private static ArrayData Column(Field field, ArrayData[] parts, ReadOnlySpan<(int Batch, int Row)> rows)
    {
        var (validity, nulls) = Validity(parts, rows);
        switch (field.DataType)
        {
            case BooleanType:
                return new ArrayData(field.DataType, rows.Length, nulls, 0, [validity, Bits(parts, rows)]);
            case StringType:
                var (offsets, text) = Texts(parts, rows);
                return new ArrayData(field.DataType, rows.Length, nulls, 0, [validity, offsets, text]);
            case FixedSizeListType list:
                var elements = new (int, int)[checked(rows.Length * list.ListSize)];
                for (var i = 0; i < elements.Length; i++)
                {
                    var (batch, row) = rows[i / list.ListSize];
                    elements[i] = (batch, ((parts[batch].Offset + row) * list.ListSize) + (i % list.ListSize));
                }

                return new ArrayData(field.DataType, rows.Length, nulls, 0, [validity], [Column(list.ValueField, System.Array.ConvertAll(parts, p => p.Children[0]), elements)]);
            case FixedWidthType { BitWidth: var bits } when bits % 8 == 0:
                return new ArrayData(field.DataType, rows.Length, nulls, 0, [validity, Values(parts, rows, bits / 8)]);
            default:
                throw new TrainingDataException(
                    $"Expected column '{field.Name}' to hold numbers, times, truth values, texts or vectors, but found the Arrow type {field.DataType.Name}.", field.Name);
        }
    }

    private static (ArrowBuffer Buffer, int Nulls) Validity(ArrayData[] parts, ReadOnlySpan<(int Batch, int Row)> rows)
    {
        if (parts.All(p => p.NullCount == 0 || p.Buffers[0].IsEmpty))
        {
            return (ArrowBuffer.Empty, 0);
        }

        var bits = new byte[BitUtility.ByteCount(rows.Length)];
        var nulls = 0;
        for (var i = 0; i < rows.Length; i++)
        {
            var part = parts[rows[i].Batch];
            if (part.Buffers[0].IsEmpty || BitUtility.GetBit(part.Buffers[0].Span, part.Offset + rows[i].Row))
            {
                BitUtility.SetBit(bits, i);
            }
            else
            {
                nulls++;
            }
        }

        return (new ArrowBuffer(bits), nulls);
    }

    private static ArrowBuffer Bits(ArrayData[] parts, ReadOnlySpan<(int Batch, int Row)> rows)
    {
        var bits = new byte[BitUtility.ByteCount(rows.Length)];
        for (var i = 0; i < rows.Length; i++)
        {
            var part = parts[rows[i].Batch];
            if (BitUtility.GetBit(part.Buffers[1].Span, part.Offset + rows[i].Row))
            {
                BitUtility.SetBit(bits, i);
            }
        }

        return new ArrowBuffer(bits);
    }

    private static ArrowBuffer Values(ArrayData[] parts, ReadOnlySpan<(int Batch, int Row)> rows, int width)
    {
        var values = new byte[checked(rows.Length * width)];
        for (var i = 0; i < rows.Length; i++)
        {
            var part = parts[rows[i].Batch];
            part.Buffers[1].Span.Slice((part.Offset + rows[i].Row) * width, width).CopyTo(values.AsSpan(i * width));
        }

        return new ArrowBuffer(values);
    }

    private static (ArrowBuffer Offsets, ArrowBuffer Text) Texts(ArrayData[] parts, ReadOnlySpan<(int Batch, int Row)> rows)
    {
        var offsets = new int[rows.Length + 1];
        for (var i = 0; i < rows.Length; i++)
        {
            var (start, end) = Range(parts, rows[i]);
            offsets[i + 1] = checked(offsets[i] + end - start);
        }

        var text = new byte[offsets[^1]];
        for (var i = 0; i < rows.Length; i++)
        {
            var (start, end) = Range(parts, rows[i]);
            parts[rows[i].Batch].Buffers[2].Span[start..end].CopyTo(text.AsSpan(offsets[i]));
        }

        return (new ArrowBuffer(MemoryMarshal.AsBytes(offsets.AsSpan()).ToArray()), new ArrowBuffer(text));
    }

    private static (int Start, int End) Range(ArrayData[] parts, (int Batch, int Row) row)
    {
        var part = parts[row.Batch];
        var offsets = MemoryMarshal.Cast<byte, int>(part.Buffers[1].Span);
        return (offsets[part.Offset + row.Row], offsets[part.Offset + row.Row + 1]);
    }
}
