using Apache.Arrow;
using Mlp.Monitoring.Segments;

namespace Mlp.Monitoring.PredictionLog;

/// <summary>Cuts batches of predictions to a range of request times.</summary>
internal static class TimeRange
{
    /// <summary>The rows of a range, without copying.</summary>
    /// <param name="batch">Predictions in memory of the garbage collector.</param>
    /// <param name="from">Microseconds, inclusive.</param>
    /// <param name="to">Microseconds, exclusive.</param>
    /// <returns>The runs of rows that lie in the range, in order.</returns>
    public static IEnumerable<RecordBatch> Cut(RecordBatch batch, long from, long to)
        => FindRuns(batch, from, to).Select(run => run.Length == batch.Length ? batch : batch.Slice(run.Start, run.Length));

    private static List<(int Start, int Length)> FindRuns(RecordBatch batch, long from, long to)
    {
        var runs = new List<(int Start, int Length)>();
        if (batch.Find<TimestampArray>(PredictionColumns.RequestTime) is not { } column)
        {
            // A time that is not known lies in every time only.
            return from == long.MinValue && to == long.MaxValue && batch.Length > 0 ? [(0, batch.Length)] : runs;
        }

        var times = column.Values;
        var start = -1;
        for (var i = 0; i <= times.Length; i++)
        {
            var isInside = i < times.Length && times[i] >= from && times[i] < to;
            if (isInside && start < 0)
            {
                start = i;
            }
            else if (!isInside && start >= 0)
            {
                runs.Add((start, i - start));
                start = -1;
            }
        }

        return runs;
    }
}
