using Apache.Arrow;

namespace Mlp.Monitoring.PredictionLog;

/// <summary>Cuts batches of predictions to a range of logged times.</summary>
internal static class TimeRange
{
    /// <summary>The rows of a range. Takes the batch over: it is returned itself where all its rows lie in the range, and disposed where not.</summary>
    /// <param name="batch">Predictions.</param>
    /// <param name="from">Microseconds, inclusive.</param>
    /// <param name="to">Microseconds, exclusive.</param>
    /// <returns>The runs of rows that lie in the range, in order; each to be disposed.</returns>
    public static IEnumerable<RecordBatch> Cut(RecordBatch batch, long from, long to)
    {
        var runs = FindRuns(batch, from, to);
        if (runs is [(0, var length)] && length == batch.Length)
        {
            return [batch];
        }

        using (batch)
        {
            return [.. runs.Select(run => batch.SliceShared(run.Start, run.Length))];
        }
    }

    private static List<(int Start, int Length)> FindRuns(RecordBatch batch, long from, long to)
    {
        var times = ((TimestampArray)batch.Column(PredictionColumns.LoggedTime)).Values;
        var runs = new List<(int Start, int Length)>();
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
