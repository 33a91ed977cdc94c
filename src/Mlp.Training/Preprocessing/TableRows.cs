using Mlp.Runtime.Data;

namespace Mlp.Training.Preprocessing;

/// <summary>Brings rows of a table into the form that a model is called with.</summary>
internal static class TableRows
{
    /// <summary>Replaces the destination by rows of a table.</summary>
    /// <param name="table">The table.</param>
    /// <param name="start">The first row.</param>
    /// <param name="count">Number of rows, at most the destination's capacity.</param>
    /// <param name="rows">Rows of the same features in the same order.</param>
    public static void Copy(FeatureTable table, int start, int count, FeatureRows rows)
    {
        rows.Reset(count);
        for (var row = 0; row < count; row++)
        {
            CopyRow(table, start + row, rows, row);
        }
    }

    /// <summary>Copies one row over one of the destination that has been started over.</summary>
    /// <param name="table">The table.</param>
    /// <param name="source">The row of the table.</param>
    /// <param name="rows">Rows of the same features in the same order.</param>
    /// <param name="row">The row to write.</param>
    public static void CopyRow(FeatureTable table, int source, FeatureRows rows, int row)
    {
        for (var c = 0; c < table.Columns.Count; c++)
        {
            var column = table.Columns[c];
            rows.StatusOf(row)[c] = column.Statuses[source];
            if (!column.IsPresent(source))
            {
                continue;
            }

            var ordinal = table.Layout.OffsetOf(c);
            switch (column)
            {
                case VectorTableColumn vectors:
                    vectors.ValuesOf(source).CopyTo(rows.Float32Of(row).Slice(ordinal, vectors.Length));
                    break;
                case NumberColumn<float> single:
                    rows.Float32Of(row)[ordinal] = single.Values[source];
                    break;
                case NumberColumn<double> wide:
                    rows.Float64Of(row)[ordinal] = wide.Values[source];
                    break;
                case NumberColumn<long> integer:
                    rows.Int64Of(row)[ordinal] = integer.Values[source];
                    break;
                case BooleanColumn truth:
                    rows.BooleanOf(row)[ordinal] = truth.Values[source];
                    break;
                case TextColumn text:
                    rows.SetString(row, ordinal, text.TextAt(source));
                    break;
                default:
                    throw new ArgumentOutOfRangeException(nameof(table), $"Expected a known column, but found {column.GetType().Name}.");
            }
        }
    }
}
