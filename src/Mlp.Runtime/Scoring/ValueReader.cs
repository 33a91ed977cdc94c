namespace Mlp.Runtime.Scoring;

/// <summary>Reads a column of fixed-size values as the feature's type, nulls as what stands for them.</summary>
/// <typeparam name="T">The feature's type.</typeparam>
/// <param name="column">The column.</param>
/// <param name="missing">What stands for null.</param>
internal abstract class ValueReader<T>(SourceColumn column, T missing) : ColumnReader(column)
    where T : unmanaged
{
    private bool? _hasNulls;

    /// <summary>Reads some rows.</summary>
    /// <param name="first">First row of the column.</param>
    /// <param name="count">Number of rows.</param>
    /// <param name="scratch">Room for as many values.</param>
    /// <returns>The values: in the column's own memory where they lie there as they are needed, else in the scratch. Valid as long as both are.</returns>
    /// <exception cref="Inference.NullFeatureException">A value is null and may not be.</exception>
    public ReadOnlySpan<T> Read(int first, int count, Span<T> scratch)
    {
        scratch = scratch[..count];
        if (!(_hasNulls ??= HasNulls))
        {
            return ReadValues(first, count, scratch);
        }

        var isCopied = false;
        var values = ReadValues(first, count, scratch);
        for (var row = 0; row < count; row++)
        {
            if (!IsNull(first + row))
            {
                continue;
            }

            if (Rule.IsError)
            {
                throw Refuse(first + row);
            }

            if (!isCopied)
            {
                values.CopyTo(scratch);
                isCopied = true;
            }

            scratch[row] = missing;
        }

        return isCopied ? scratch : values;
    }

    /// <summary>Reads all rows of a dictionary, whose nulls are looked at where they are used.</summary>
    /// <param name="count">Number of rows.</param>
    public T[] Decode(int count)
    {
        var values = new T[count];
        ReadValues(0, count, values).CopyTo(values);
        return values;
    }

    /// <summary>Reads some rows; what it makes of nulls does not matter, but it must not fail on them.</summary>
    /// <param name="first">First row of the column.</param>
    /// <param name="count">Number of rows.</param>
    /// <param name="scratch">Room for as many values, if they are needed in another form.</param>
    protected abstract ReadOnlySpan<T> ReadValues(int first, int count, Span<T> scratch);
}
