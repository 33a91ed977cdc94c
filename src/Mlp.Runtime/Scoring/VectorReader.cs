using Mlp.Runtime.Data;

namespace Mlp.Runtime.Scoring;

/// <summary>Reads a column of vectors, nulls as what stands for them.</summary>
/// <param name="column">The column.</param>
/// <param name="vectors">Its vectors; null for a column of Arrow's null type.</param>
/// <param name="feature">The feature.</param>
/// <param name="where">The model, for messages.</param>
internal sealed class VectorReader(SourceColumn column, VectorColumn? vectors, FeatureColumn feature, string where) : ColumnReader(column)
{
    /// <summary>Number of elements of a vector.</summary>
    public int Length => feature.Length;

    /// <inheritdoc/>
    protected override bool HasNulls => vectors is null || base.HasNulls;

    /// <summary>Writes some rows into a table.</summary>
    /// <param name="first">First row of the column.</param>
    /// <param name="count">Number of rows.</param>
    /// <param name="table">Shape (rows, width), row-major, from the first element of the vector on.</param>
    /// <param name="width">Width of the table.</param>
    /// <exception cref="Inference.NullFeatureException">A vector is null and may not be.</exception>
    /// <exception cref="ArgumentException">A vector has another length, or lacks an element.</exception>
    public void Write(int first, int count, Span<float> table, int width)
    {
        var hasNulls = HasNulls;
        for (var row = 0; row < count; row++)
        {
            var target = table.Slice(row * width, Length);
            if (hasNulls && IsNull(first + row))
            {
                target.Fill(Rule.IsError ? throw Refuse(first + row) : Rule.Float32);
                continue;
            }

            vectors!.Require(first + row, Length, Misfit).CopyTo(target);
        }
    }

    /// <inheritdoc/>
    protected override bool IsNull(int row) => vectors is null || base.IsNull(row);

    private ArgumentException Misfit(string expected, string found, int row)
        => new(FormattableString.Invariant($"Expected {expected} in column '{feature.Name}' for the feature of that name, but found {found} in row {Column.FirstRow + row} ({where})."));
}
