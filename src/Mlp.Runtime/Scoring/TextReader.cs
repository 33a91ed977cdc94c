using Apache.Arrow;
using Mlp.Runtime.Data;

namespace Mlp.Runtime.Scoring;

/// <summary>Reads text as UTF-8, without making strings.</summary>
/// <param name="column">The column.</param>
/// <param name="textOf">The text of a row that is not null; null for a column of Arrow's null type.</param>
/// <param name="isWordNull">Whether the word of a row that is not null is null itself, which happens in dictionaries.</param>
internal sealed class TextReader(SourceColumn column, TextAccessor? textOf, Func<int, bool>? isWordNull = null) : ColumnReader(column)
{
    /// <inheritdoc/>
    protected override bool HasNulls => isWordNull is not null || textOf is null || base.HasNulls;

    /// <summary>Reads some rows into the rows that have just been started over.</summary>
    /// <param name="first">First row of the column.</param>
    /// <param name="count">Number of rows.</param>
    /// <param name="rows">The destination.</param>
    /// <param name="ordinal">Position among the text features.</param>
    /// <exception cref="Inference.NullFeatureException">A text is null and may not be.</exception>
    public void Read(int first, int count, FeatureRows rows, int ordinal)
    {
        var hasNulls = HasNulls;
        for (var row = 0; row < count; row++)
        {
            if (!hasNulls || !IsNull(first + row))
            {
                rows.SetString(row, ordinal, textOf!(first + row));
            }
            else if (Rule.IsError)
            {
                throw Refuse(first + row);
            }
            else
            {
                rows.SetString(row, ordinal, Rule.Text);
            }
        }
    }

    /// <inheritdoc/>
    protected override bool IsNull(int row) => textOf is null || base.IsNull(row) || (isWordNull is not null && isWordNull(row));
}
