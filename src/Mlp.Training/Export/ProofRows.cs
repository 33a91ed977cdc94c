using Apache.Arrow;
using Apache.Arrow.Types;
using Mlp.Runtime.Data;
using Mlp.Training.Preprocessing;

namespace Mlp.Training.Export;

/// <summary>Rows of one kind that prove an export.</summary>
/// <param name="Name">The kind, to follow "on".</param>
/// <param name="Table">The rows.</param>
/// <param name="Start">The first row that is compared; it reaches to the last one.</param>
internal sealed record ProofRows(string Name, FeatureTable Table, int Start)
{
    /// <summary>Name of the rows with extreme values.</summary>
    public const string ExtremeRows = "rows with extreme values";

    // So many values are scored at most, so that a wide table does not take longer to prove than to train.
    private const int GreatestCellCount = 4_000_000;
    private const int GreatestRowCount = 4096;
    private const int LeastRowCount = 64;
    private const int MissingBases = 3;

    private List<RowChange> Changes { get; init; } = [];

    /// <summary>The rows as a caller of the trained model has them; null for real rows.</summary>
    public RecordBatch? Batch { get; private init; }

    /// <summary>Number of rows that are compared.</summary>
    public int Count => Table.RowCount - Start;

    /// <summary>Real rows.</summary>
    /// <param name="table">All rows.</param>
    /// <param name="start">The first one of the proof.</param>
    public static ProofRows Real(FeatureTable table, int start) => new("real rows", table, start);

    /// <summary>Real rows without the value of one feature, and without any.</summary>
    /// <param name="table">All rows.</param>
    /// <param name="start">The first one to take.</param>
    public static ProofRows WithoutValues(FeatureTable table, int start)
    {
        var changes = new List<RowChange>();
        foreach (var (first, end) in Groups(table, MissingBases))
        {
            for (var i = 0; i < MissingBases; i++)
            {
                changes.Add(new(Source(table, start, changes.Count), first, end, null));
            }
        }

        return Create("rows with missing values", table, changes);
    }

    /// <summary>Real rows with the value of one feature replaced by each extreme one of its type, and with extreme values alone.</summary>
    /// <param name="table">All rows.</param>
    /// <param name="start">The first one to take.</param>
    public static ProofRows WithExtremes(FeatureTable table, int start)
    {
        var changes = new List<RowChange>();
        var greatest = table.Layout.Columns.Max(c => ExtremeValues.CountOf(c.Type));
        foreach (var (first, end) in Groups(table, greatest))
        {
            var count = table.Layout.Columns.Skip(first).Take(end - first).Max(c => ExtremeValues.CountOf(c.Type));
            for (var value = 0; value < count; value++)
            {
                changes.Add(new(Source(table, start, changes.Count), first, end, value));
            }
        }

        return Create(ExtremeRows, table, changes);
    }

    /// <summary>What is not real in a row, in words; null for a real row.</summary>
    /// <param name="row">Index of the row.</param>
    public string? ChangeOf(int row)
    {
        if (Changes.Count == 0)
        {
            return null;
        }

        var change = Changes[row];
        var columns = Table.Layout.Columns;
        var features = change.End - change.First == columns.Count && columns.Count > 1 ? "every feature"
            : change.End - change.First == 1 ? $"feature '{columns[change.First].Name}'"
            : $"features '{columns[change.First].Name}' to '{columns[change.End - 1].Name}'";
        return change.Value is { } value ? $"{features} at {ExtremeValues.NameOf(columns[change.First].Type, value)}" : $"{features} missing";
    }

    // Features one by one, or as many together as keeps the number of rows within bounds; and then all.
    private static IEnumerable<(int First, int End)> Groups(FeatureTable table, int rowsOfGroup)
    {
        var columns = table.Columns.Count;
        var rowCount = Math.Clamp(GreatestCellCount / Math.Max(1, table.Layout.Columns.Sum(c => c.Length)), LeastRowCount, GreatestRowCount);
        var size = Math.Max(1, (columns * rowsOfGroup + rowCount - 1) / rowCount);
        for (var first = 0; first < columns; first += size)
        {
            yield return (first, Math.Min(columns, first + size));
        }

        if (columns > 1)
        {
            yield return (0, columns);
        }
    }

    // Neighbours in a data set are often alike, so the rows are taken from all over it.
    private static int Source(FeatureTable table, int start, int index) => start + (int)(index * 7919L % (table.RowCount - start));

    private static ProofRows Create(string name, FeatureTable table, List<RowChange> changes)
    {
        var rows = new FeatureRows(table.Layout, changes.Count);
        rows.Reset(changes.Count);
        for (var row = 0; row < changes.Count; row++)
        {
            TableRows.CopyRow(table, changes[row].Source, rows, row);
            for (var column = changes[row].First; column < changes[row].End; column++)
            {
                if (changes[row].Value is { } value)
                {
                    ExtremeValues.Set(rows, row, column, value);
                }
                else
                {
                    rows.StatusOf(row)[column] = FeatureStatus.Null;
                }
            }
        }

        var batch = ToBatch(rows);
        return new ProofRows(name, FeatureTable.Of(batch, table.Layout.Columns), 0) { Batch = batch, Changes = changes };
    }

    /// <summary>Rows as a caller of a trained model has them.</summary>
    /// <param name="rows">The rows.</param>
    public static RecordBatch ToBatch(FeatureRows rows)
    {
        var columns = rows.Layout.Columns;
        var fields = new List<Field>(columns.Select(c => new Field(c.Name, FeatureRowColumns.TypeOf(c), nullable: true)));
        var arrays = new List<IArrowArray>(columns.Select((_, i) => FeatureRowColumns.Create(rows, i)));
        foreach (var view in columns.Select(c => c.View).Distinct(StringComparer.Ordinal).Where(v => columns.All(c => c.Name != TrainingSetColumns.StatusOf(v))))
        {
            // Why a value is not there must not matter, so every reason comes up; a view that is present says nothing of a null.
            FeatureStatus[] reasons = [FeatureStatus.Present, FeatureStatus.Missing, FeatureStatus.Expired];
            fields.Add(new Field(TrainingSetColumns.StatusOf(view), UInt8Type.Default, nullable: false));
            arrays.Add(new UInt8Array.Builder().AppendRange(Enumerable.Range(0, rows.RowCount).Select(i => (byte)reasons[i % reasons.Length])).Build());
        }

        return new RecordBatch(new Schema(fields, null), arrays, rows.RowCount);
    }
}
