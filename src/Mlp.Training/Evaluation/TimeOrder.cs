namespace Mlp.Training.Evaluation;

/// <summary>Where rows in order of time are cut into an earlier and a later part.</summary>
internal static class TimeOrder
{
    /// <summary>The first row of the later part. Rows of one time stay together, in the later part: the earlier one knows nothing of that time.</summary>
    /// <param name="times">Time per row, ascending; empty when rows have no time and their order stands for it.</param>
    /// <param name="rowCount">Number of rows.</param>
    /// <param name="laterShare">Share of the rows in the later part, 0 to 1.</param>
    public static int CutByShare(ReadOnlySpan<long> times, int rowCount, double laterShare)
    {
        var cut = rowCount - (int)Math.Round(rowCount * laterShare, MidpointRounding.AwayFromZero);
        if (times.IsEmpty || cut == rowCount)
        {
            return cut;
        }

        var first = times[cut];
        while (cut > 0 && times[cut - 1] == first)
        {
            cut--;
        }

        return cut;
    }

    /// <summary>The first row at or after a time.</summary>
    public static int CutAt(ReadOnlySpan<long> times, long time)
    {
        var cut = times.Length;
        while (cut > 0 && times[cut - 1] >= time)
        {
            cut--;
        }

        return cut;
    }

    /// <summary>Checks the order.</summary>
    /// <exception cref="TrainingDataException">A row is earlier than the one before it.</exception>
    public static void ThrowIfUnordered(ReadOnlySpan<long> times, string column)
    {
        for (var row = 1; row < times.Length; row++)
        {
            if (times[row] < times[row - 1])
            {
                throw Unordered(column, row);
            }
        }
    }

    /// <summary>The exception for rows out of order.</summary>
    public static TrainingDataException Unordered(string column, long row)
        => new(FormattableString.Invariant($"Expected rows in order of the time column '{column}', but row {row} is earlier than the row before it: order the question (the spine) by time."), column, row);
}
