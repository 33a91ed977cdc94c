using Apache.Arrow;

namespace Mlp.Spark.Worker.Functions.Models;

/// <summary>Which rows of a column are there, as Arrow keeps it: a bit per row.</summary>
internal static class ValidityBits
{
    /// <summary>The bits of a column, from its first row on.</summary>
    /// <param name="column">The column.</param>
    /// <returns>Empty where no row is null.</returns>
    public static ArrowBuffer Of(IArrowArray column)
    {
        if (column.NullCount == 0)
        {
            return ArrowBuffer.Empty;
        }

        if (column.Data.Offset == 0)
        {
            return column.Data.Buffers[0];
        }

        var bits = new ArrowBuffer.BitmapBuilder(column.Length);
        for (var row = 0; row < column.Length; row++)
        {
            bits.Append(column.IsValid(row));
        }

        return bits.Build();
    }

    /// <summary>Bits of rows that are there.</summary>
    /// <param name="isNull">Which are not.</param>
    public static ArrowBuffer Of(ReadOnlySpan<bool> isNull)
    {
        var bits = new byte[(isNull.Length + 7) / 8];
        for (var row = 0; row < isNull.Length; row++)
        {
            bits[row >> 3] |= isNull[row] ? (byte)0 : (byte)(1 << (row & 7));
        }

        return new ArrowBuffer(bits);
    }
}
