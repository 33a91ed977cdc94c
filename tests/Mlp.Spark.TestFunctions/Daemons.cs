using System.Globalization;
using Apache.Arrow;
using Apache.Arrow.Types;

namespace Mlp.Spark.TestFunctions;

/// <summary>
/// Methods that say which process runs them, or stop within a batch. They stop at the row that has a text in the column <c>marker</c>: the path of a file, to which they write the id of their process.
/// </summary>
public static class Daemons
{
    private static readonly Schema ProcessSchema = new([new Field("id", Int64Type.Default, nullable: true), new Field("process", Int64Type.Default, nullable: true)], null);

    private static readonly TimeSpan Look = TimeSpan.FromMilliseconds(20);

    /// <summary>The column <c>id</c>, and the process that runs this.</summary>
    public static RecordBatch Processes(RecordBatch table)
    {
        var process = new Int64Array.Builder().AppendRange(Enumerable.Repeat((long)Environment.ProcessId, table.Length)).Build();
        return new RecordBatch(ProcessSchema, [table.Column("id"), process], table.Length);
    }

    /// <summary>As <see cref="Processes"/>, but at a marker that is not there yet it waits until a file <c>.go</c> lies beside it, or Spark does not want the rows: then it leaves a file <c>.cancelled</c>.</summary>
    public static RecordBatch Wait(RecordBatch table, CancellationToken cancellationToken)
    {
        if (MarkerOf(table) is { } marker && Mark(marker))
        {
            WaitAt(marker, cancellationToken);
        }

        return Processes(table);
    }

    /// <summary>The first table, and then it waits as <see cref="Wait(RecordBatch, CancellationToken)"/> does at the marker in it.</summary>
    public static IEnumerable<RecordBatch> FirstThenWait(IEnumerable<RecordBatch> tables, CancellationToken cancellationToken)
    {
        foreach (var table in tables)
        {
            var marker = MarkerOf(table)!;
            yield return Processes(table);
            Mark(marker);
            WaitAt(marker, cancellationToken);
        }
    }

    private static string? MarkerOf(RecordBatch table)
    {
        var markers = (StringArray)table.Column("marker");
        var row = Enumerable.Range(0, markers.Length).FirstOrDefault(r => !markers.IsNull(r), -1);
        return row < 0 ? null : markers.GetString(row);
    }

    private static bool Mark(string marker)
    {
        if (File.Exists(marker))
        {
            return false;
        }

        var written = string.Create(CultureInfo.InvariantCulture, $"{marker}.{Environment.ProcessId}");
        File.WriteAllText(written, Environment.ProcessId.ToString(CultureInfo.InvariantCulture));
        File.Move(written, marker);
        return true;
    }

    private static void WaitAt(string marker, CancellationToken cancellationToken)
    {
        while (!File.Exists(marker + ".go"))
        {
            if (cancellationToken.WaitHandle.WaitOne(Look))
            {
                File.WriteAllText(marker + ".cancelled", string.Empty);
                cancellationToken.ThrowIfCancellationRequested();
            }
        }
    }
}
