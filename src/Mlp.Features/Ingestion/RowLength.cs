using System.Globalization;
using Apache.Arrow;
using Mlp.Features.Definitions;
using Mlp.Features.Interop;
using Mlp.Runtime.Data;

namespace Mlp.Features.Ingestion;

/// <summary>
/// How long a row may be. One that is much longer than others cannot be sorted, written or joined within the memory of a session, and then no row of its view could be.
/// </summary>
internal static class RowLength
{
    /// <summary>The most bytes that the keys, texts (in UTF-8) and vectors of a row may have together. With the default settings such a row fits into a page of the online store.</summary>
    internal const int Maximum = 4_000_000;

    /// <summary>What was expected, for messages.</summary>
    internal static string Expected { get; } = string.Create(CultureInfo.InvariantCulture, $"a row of at most {Maximum:N0} bytes of keys, texts and vectors");

    /// <summary>What was found, for messages.</summary>
    /// <param name="length">Bytes of the row.</param>
    internal static string Found(long length) => string.Create(CultureInfo.InvariantCulture, $"one of {length:N0}");

    /// <summary>SQL of the length of a row; null when no row of the view can be too long.</summary>
    /// <param name="columns">The columns with their values.</param>
    internal static string? Of(IReadOnlyList<FileColumn> columns)
        => columns.Any(column => column.IsText) || columns.Sum(column => (long)column.Length) * sizeof(float) > Maximum ? string.Join(" + ", columns.Select(LengthOf)) : null;

    /// <summary>SQL of the length of a value.</summary>
    /// <param name="column">The column.</param>
    internal static string LengthOf(FileColumn column)
        => column.IsText ? $"coalesce(strlen({column.Value}), 0)" : column.Length == 1 ? "0" : string.Create(CultureInfo.InvariantCulture, $"coalesce(len({column.Value}), 0) * {sizeof(float)}");

    /// <summary>Refuses a batch with a row that is too long.</summary>
    /// <param name="view">The view.</param>
    /// <param name="batch">Rows of its stored form.</param>
    /// <param name="error">Makes the error for a column.</param>
    internal static void Check(FeatureViewDefinition view, RecordBatch batch, Func<string, ColumnError> error)
    {
        var columns = Enumerable.Range(0, batch.ColumnCount).Select(batch.Column).ToList();
        if (batch.Length == 0 || columns.Sum(column => BytesOf(column, 0, batch.Length)) <= Maximum)
        {
            return;
        }

        for (var row = 0; row < batch.Length; row++)
        {
            var lengths = columns.ConvertAll(column => BytesOf(column, row, 1));
            if (lengths.Sum() > Maximum)
            {
                throw error(NameOf(view, lengths.IndexOf(lengths.Max())))(Expected, Found(lengths.Sum()), row);
            }
        }
    }

    private static long BytesOf(IArrowArray column, int row, int count) => column switch
    {
        StringArray text => text.ValueOffsets[row + count] - text.ValueOffsets[row],
        FixedSizeListArray vectors => (long)count * ((Apache.Arrow.Types.FixedSizeListType)vectors.Data.DataType).ListSize * sizeof(float),
        _ => 0,
    };

    // The times stand between keys and fields.
    private static string NameOf(FeatureViewDefinition view, int column)
        => column < view.Keys.Count ? view.Keys[column].Name : view.Fields[column - view.Keys.Count - 2].Name;
}
