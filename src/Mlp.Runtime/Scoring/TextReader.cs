using Apache.Arrow;
using Mlp.Runtime.Data;

namespace Mlp.Runtime.Scoring;

/// <summary>Reads text as UTF-8, without making strings.</summary>
/// <param name="column">The column.</param>
/// <param name="where">The feature and the model, for messages.</param>
/// <param name="textOf">The text of a row that is not null; null for a column of Arrow's null type.</param>
/// <param name="isWordNull">Whether the word of a row that is not null is null itself, which happens in dictionaries.</param>
internal sealed class TextReader(SourceColumn column, string where, TextAccessor? textOf, Func<int, bool>? isWordNull = null) : ColumnReader(column)
{
    /// <inheritdoc/>
    protected override bool HasNulls => isWordNull is not null || textOf is null || base.HasNulls;

    /// <summary>Reads some rows into the rows that have just been started over.</summary>
    /// <param name="first">First row of the column.</param>
    /// <param name="count">Number of rows.</param>
    /// <param name="rows">The destination.</param>
    /// <param name="ordinal">Position among the text features.</param>
    /// <exception cref="Inference.NullFeatureException">A text is null and may not be.</exception>
    /// <exception cref="ArgumentException">A text is no UTF-8.</exception>
    public void Read(int first, int count, FeatureRows rows, int ordinal)
    {
        var hasNulls = HasNulls;
        for (var row = 0; row < count; row++)
        {
            if (!hasNulls || !IsNull(first + row))
            {
                var text = textOf!(first + row);
                Require(text, first + row);
                rows.CopyString(row, ordinal, text);
            }
            else if (Rule.IsError)
            {
                throw Refuse(first + row);
            }
            else
            {
                rows.CopyString(row, ordinal, Rule.Text);
            }
        }
    }

    private void Require(ReadOnlySpan<byte> text, int row)
    {
        if (UnicodeText.FindInvalid(text) is >= 0 and var position)
        {
            throw new ArgumentException(
                FormattableString.Invariant($"Expected texts of valid Unicode for {where}, but found a byte that is no UTF-8 at position {position} in row {Column.FirstRow + row}, both counted from 0."));
        }
    }

    /// <inheritdoc/>
    protected override bool IsNull(int row) => textOf is null || base.IsNull(row) || (isWordNull is not null && isWordNull(row));
}
