using Apache.Arrow;
using Mlp.Runtime.Data;
using Mlp.Spark.Tests.Peer;

namespace Mlp.Spark.Tests.Joins;

/// <summary>Rows of tables as text, bit for bit, so that two engines can be compared. The number of the row is left out: Spark's has gaps.</summary>
internal static class RowTexts
{
    public static async Task<List<string>> OfAsync(IAsyncEnumerable<RecordBatch> batches)
    {
        var rows = new List<string>();
        await foreach (var row in StreamAsync(batches))
        {
            rows.Add(row);
        }

        return rows;
    }

    public static async IAsyncEnumerable<string> StreamAsync(IAsyncEnumerable<RecordBatch> batches)
    {
        await foreach (var batch in batches)
        {
            using (batch)
            {
                var columns = Enumerable.Range(0, batch.ColumnCount).Where(i => batch.Schema.FieldsList[i].Name != TrainingSetColumns.RowNumber).Select(i => (batch.Schema.FieldsList[i].Name, Values: batch.Column(i))).ToList();
                for (var row = 0; row < batch.Length; row++)
                {
                    yield return string.Join("; ", columns.Select(column => $"{column.Name} {ArrowText.Format(column.Values, row)}"));
                }
            }
        }
    }
}
