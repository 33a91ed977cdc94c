using Mlp.Runtime.Data;

namespace Mlp.Training.Evaluation.Folds;

/// <summary>
/// Folds of a time series: the last k parts of n / (k + 1) rows each are tested one after the other, each after training on earlier rows (scikit-learn's TimeSeriesSplit). Rows of one time, and of one group of a ranking, stay
/// together in the later part.
/// </summary>
internal static class TimeFolds
{
    /// <summary>The folds.</summary>
    /// <exception cref="TrainingDataException">Rows have no time and a gap or window is one, or a fold would be empty.</exception>
    public static (int[] FoldOf, (int Start, int End)?[] Windows) Create(FoldRows rows, CrossValidationOptions options)
    {
        var times = rows.Rows.Times;
        if (times.IsEmpty && (options.Gap > TimeSpan.Zero || options.TrainingWindow is not null))
        {
            throw new TrainingDataException("Expected a training set with a time column for a gap or window in time, but its manifest names none: give them as rows.");
        }

        var starts = new int[options.FoldCount + 1];
        var size = rows.RowCount / (options.FoldCount + 1);
        starts[^1] = rows.RowCount;
        for (var fold = 0; fold < options.FoldCount; fold++)
        {
            starts[fold] = Together(rows, rows.RowCount - ((options.FoldCount - fold) * size));
        }

        var (foldOf, windows) = (new int[rows.RowCount], new (int, int)?[options.FoldCount]);
        for (var fold = 0; fold < options.FoldCount; fold++)
        {
            if (starts[fold] >= starts[fold + 1])
            {
                throw new TrainingDataException(FormattableString.Invariant(
                    $"Expected rows to test on in fold {fold + 1}, but rows of one time or group fill more than one of {options.FoldCount} folds: take fewer folds."));
            }

            Array.Fill(foldOf, fold + 1, starts[fold], starts[fold + 1] - starts[fold]);
            windows[fold] = WindowBefore(starts[fold], times, options);
        }

        return (foldOf, windows);
    }

    private static int Together(FoldRows rows, int start)
    {
        var times = rows.Rows.Times;
        var groups = rows.Rows.Groups;
        while (start > 0 && start < rows.RowCount
            && ((!times.IsEmpty && times[start] == times[start - 1]) || (!groups.IsEmpty && groups[start] == groups[start - 1])))
        {
            start--;
        }

        return start;
    }

    private static (int Start, int End) WindowBefore(int test, ReadOnlySpan<long> times, CrossValidationOptions options)
    {
        var end = Math.Max(0, test - options.GapRows);
        if (options.Gap > TimeSpan.Zero)
        {
            // A row exactly the gap before the first test row is still trained on.
            end = Math.Min(end, TimeOrder.CutAt(times, times[test] - Microseconds.FromTimeSpan(options.Gap) + 1));
        }

        var start = options.MaximumTrainingRows is { } most ? Math.Max(0, end - most) : 0;
        if (options.TrainingWindow is { } window)
        {
            start = Math.Max(start, TimeOrder.CutAt(times, times[test] - Microseconds.FromTimeSpan(options.Gap) - Microseconds.FromTimeSpan(window)));
        }

        return (Math.Min(start, end), end);
    }
}
